import type { Policy } from '../../../server/policy/shape.ts';
import { EvaluateError } from '../evaluate-error.ts';

/** Returns a copy of a policy with other values. */
export type PolicyChange = (policy: Policy) => Policy;

/**
 * The change that settings such as `passivePad.rejectBar=0.3` describe.
 * @throws EvaluateError for a setting that is not of the form path=value. The returned function throws it for a path
 * that the policy does not have, or a value of another type.
 */
export function policyChange(settings: readonly string[]): PolicyChange {
  const parsed = settings.map((setting) => {
    const at = setting.indexOf('=');
    if (at <= 0) throw new EvaluateError(`--set takes path=value, not "${setting}".`);
    return { path: setting.slice(0, at), value: parse(setting.slice(at + 1)) };
  });
  return (policy) => parsed.reduce((changed, { path, value }) => withValue(changed, path, value), policy);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

type Values = Readonly<Record<string, unknown>>;

function withValue(policy: Policy, path: string, value: unknown): Policy {
  // Each value is replaced by one of the same type, so the result is a policy.
  return replaced(policy as unknown as Values, path.split('.'), value, path) as unknown as Policy;
}

function replaced(values: Values, [name, ...rest]: readonly string[], value: unknown, path: string): Values {
  const old = values[name];
  if (!Object.hasOwn(values, name)) throw new EvaluateError(`The policy has no ${path}.`);
  if (rest.length === 0) {
    if (typeof old !== typeof value || Array.isArray(old) !== Array.isArray(value)) {
      throw new EvaluateError(
        `${path} is now ${JSON.stringify(old)}: ${JSON.stringify(value)} is no such value.`,
      );
    }
    return { ...values, [name]: value };
  }
  if (typeof old !== 'object' || old === null) throw new EvaluateError(`The policy has no ${path}.`);
  return { ...values, [name]: replaced(old as Values, rest, value, path) };
}
