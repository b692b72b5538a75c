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
  /** Parameters after the question mark, each once. */
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
  run: (context: ApiContext) => Promise<AnswerOf<Id>> | AnswerOf<Id>,
): Operation {
  const operation = described(id);
  return {
    ...operation,
    refusal: () => null,
    async handle(context, { query = {} }) {
      const parsed = operation.query.safeParse(query);
      if (!parsed.success) throw new VeriframeError('api.invalid', describeIssue(parsed.error, 'query'));
      return await run(context);
    },
  };
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
        body: body === null ? undefined : withoutNull(request.body, body),
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

/** Names the first field or parameter that does not fit, and says why. It never repeats a value. */
function describeIssue({ issues: [issue] }: z.ZodError, within?: 'query'): string {
  if (issue === undefined) return '';
  const [place = 'body', ...path] = within === undefined ? issue.path : [within, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const names = issue.keys.slice(0, MAX_NAMES).map((key) => [...path, printable(key)].join('.'));
    return `There is no ${place === 'query' ? 'parameter' : 'field'} ${names.join(', ')} here.`;
  }
  const isMissing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  return `Field ${path.join('.') || String(place)}: ${isMissing ? 'it is missing' : issue.message}.`;
}

/** Unknown names that are told, and characters of each. */
const MAX_NAMES = 3;
const MAX_NAME_LENGTH = 40;

function printable(name: string): string {
  return name.replaceAll(/[^\w.-]/g, '?').slice(0, MAX_NAME_LENGTH);
}

/**
 * JSON without fields that are null: clients write null for what they leave out. Fields to which null says something,
 * such as a label that is taken away, stay.
 */
function withoutNull(value: unknown, schema: z.ZodType | null): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const shape = schema instanceof z.ZodObject ? schema.shape : {};
  const kept = Object.entries(value).flatMap(([name, field]): [string, unknown][] => {
    const inner: unknown = Object.hasOwn(shape, name) ? shape[name] : null;
    const of = inner instanceof z.ZodType ? inner : null;
    if (field === null) return of?.safeParse(null).success === true ? [[name, null]] : [];
    return [[name, withoutNull(field, objectIn(of))]];
  });
  return Object.fromEntries(kept);
}

/** The schema of a field that may be left out, or be null. */
function objectIn(schema: z.ZodType | null): z.ZodType | null {
  if (!(schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)) return schema;
  const inner: unknown = schema.unwrap();
  return objectIn(inner instanceof z.ZodType ? inner : null);
}
