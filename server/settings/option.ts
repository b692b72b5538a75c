/** The value of a setting. */
export type Value = string | number;

/** One setting: its environment variable, its bounds and its description. */
export interface Option<T extends Value = Value> {
  readonly type: 'text' | 'number';
  readonly env: string;
  readonly default: T;
  /** Unit of a number; empty for text. */
  readonly unit: string;
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
  /** Is never printed or logged. */
  readonly secret?: true;
  readonly description: string;
}

export const text = <T extends string = string>(
  env: string,
  fallback: NoInfer<T>,
  description: string,
  extra: Partial<Option<T>> = {},
): Option<T> => ({ type: 'text', env, default: fallback, unit: '', description, ...extra });

export const number = (
  env: string,
  fallback: number,
  unit: string,
  min: number,
  max: number,
  description: string,
): Option<number> => ({ type: 'number', env, default: fallback, unit, min, max, description });

/** Settings that are not valid. `message` names the variables, a line for each problem, and never contains a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const WHOLE_NUMBER = /^\d{1,15}$/;
const QUOTED = /^(["']).*\1$/;

/**
 * Parses the value of a setting.
 * @param raw the environment variable; empty, blank or undefined: the default
 * @throws ConfigError when it is not valid
 */
export function parseOption(option: Option, raw: string | undefined): Value {
  // Files of secrets and of variables often end in a line break.
  const given = raw?.trim() ?? '';
  if (given === '') return option.default;
  if (QUOTED.test(given))
    throw new ConfigError(`${option.env} stands in quotes, which belong to the value here: remove them.`);
  switch (option.type) {
    case 'number': {
      const value = Number(given);
      const { min = -Infinity, max = Infinity } = option;
      if (!WHOLE_NUMBER.test(given) || value < min || value > max)
        throw new ConfigError(
          `${option.env} must be a whole number from ${min} to ${max}${option.unit && ` (${option.unit})`}.`,
        );
      return value;
    }
    case 'text':
      if (option.choices && !option.choices.includes(given))
        throw new ConfigError(`${option.env} must be one of ${option.choices.join(', ')}.`);
      return given;
  }
}
