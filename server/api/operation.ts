import { z } from 'zod';
import { VeriframeError } from '../../protocol/errors.ts';
import type { OperationDescription } from '../../protocol/http/operation.ts';
import {
  type AnswerOf,
  type CheckedRequest,
  type OperationId,
  OPERATIONS,
} from '../../protocol/http/operations.ts';
import type { Caller } from '../identity/api-keys.ts';
import type { ApiContext } from './context.ts';

/** The right of a key that each operation's right stands for. */
export const GRANTED_BY = {
  observe: 'mayObserve',
  vouch: 'mayVouch',
  manage: 'mayManage',
  import: 'mayImport',
} as const satisfies Readonly<Record<NonNullable<OperationDescription['right']>, keyof Caller>>;

/** An HTTP request after routing. Nothing in it has been checked. */
interface ApiRequest {
  readonly authorization: string | undefined;
  /** Values of the path's placeholders, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Parameters after the question mark; of a repeated one the last. */
  readonly query?: Readonly<Record<string, string>>;
  /** Parsed JSON; undefined when there was no body. */
  readonly body: unknown;
}

/** An operation of the HTTP API with what runs it. */
export interface Operation extends OperationDescription {
  readonly id: OperationId;
  /** HTTP status of success. */
  readonly status: number;
  /** Schema of the answer of success. */
  readonly result: z.ZodType;
  /** Why a caller may not ask, whatever it asks; null: it may. */
  refusal(context: ApiContext, authorization: string | undefined): VeriframeError | null;
  /** @throws VeriframeError */
  handle(context: ApiContext, request: ApiRequest): Promise<unknown>;
}

/** An operation that anyone may call. */
export function publicOperation<Id extends OperationId>(
  id: Id,
  run: (context: ApiContext) => AnswerOf<Id>,
): Operation {
  return { ...described(id), refusal: () => null, handle: async (context) => run(context) };
}

/** An operation on what belongs to the tenant whose API key is shown. */
export function tenantOperation<Id extends OperationId>(
  id: Id,
  run: (
    context: ApiContext,
    request: CheckedRequest<Id> & { readonly caller: Caller },
  ) => Promise<AnswerOf<Id>> | AnswerOf<Id>,
): Operation {
  const operation = described(id);
  const { params, query, body, right } = operation;
  const input = z.object({ params, query, body: body ?? z.undefined() });
  const lacksRight = (caller: Caller) => right !== null && !caller[GRANTED_BY[right]];
  return {
    ...operation,
    refusal(context, authorization) {
      const caller = context.keys.authenticate(authorization);
      if (caller === null) return new VeriframeError('api.unauthorized');
      return lacksRight(caller) ? new VeriframeError('api.not_granted') : null;
    },
    async handle(context, request) {
      const caller = context.keys.authenticate(request.authorization);
      if (caller === null) throw new VeriframeError('api.unauthorized');
      const parsed = input.safeParse({
        params: request.params,
        query: request.query ?? {},
        body: body === null ? undefined : request.body,
      });
      if (!parsed.success) throw new VeriframeError('api.invalid', describeIssue(parsed.error));
      if (lacksRight(caller)) throw new VeriframeError('api.not_granted');
      // The schemas just applied are those that the type is inferred from.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      const checked = parsed.data as CheckedRequest<Id>;
      return await run(context, { caller, ...checked });
    },
  };
}

function described(id: OperationId): Omit<Operation, 'handle' | 'refusal'> {
  const description: OperationDescription = OPERATIONS[id];
  const [success, ...others] = Object.entries(description.answers);
  if (success === undefined || others.length > 0)
    throw new TypeError(`The operation ${id} must have one answer of success.`);
  const [status, result] = success;
  return { ...description, id, status: Number(status), result };
}

/** Names the first field that does not fit and says why. It never repeats what was sent. */
function describeIssue({ issues: [issue] }: z.ZodError): string {
  if (issue === undefined) return '';
  const [place = 'body', ...path] = issue.path;
  if (issue.code === 'unrecognized_keys') return `There is an unknown field in ${String(place)}.`;
  return `Field ${path.join('.') || String(place)}: ${issue.message}.`;
}
