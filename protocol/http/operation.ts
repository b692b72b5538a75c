import { z } from 'zod';
import type { ErrorCode } from '../errors.ts';

/** What one HTTP operation takes and answers. */
export interface OperationDescription {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Path with placeholders in braces, as in OpenAPI. */
  readonly path: string;
  readonly summary: string;
  /** `key`: the caller must show an API key, and reaches only what belongs to the key's tenant. */
  readonly access: 'public' | 'key';
  /** What the API key must be granted; null: nothing. */
  readonly right: 'observe' | null;
  /** The path's placeholders. Requests are read strictly: an unknown field is refused. */
  readonly params: z.ZodObject;
  /** Parameters after the question mark. */
  readonly query: z.ZodObject;
  /** `none`: a body is read and ignored. */
  readonly bodyKind: 'none' | 'json';
  /** Schema of a JSON body; null where none is taken. */
  readonly body: z.ZodType | null;
  /** A larger body is answered with 413. */
  readonly maxBodyBytes: number;
  /** The one answer of success, under its HTTP status. Clients drop unknown fields: a later server may have more. */
  readonly answers: Readonly<Record<number, z.ZodType>>;
  /** Codes it may end with, beside `server.internal`. Their answer is `errorBody`. */
  readonly errors: readonly ErrorCode[];
  /** Seconds that a shared cache may keep the answer; 0 forbids it. */
  readonly cacheSeconds: number;
}

const nothing = z.strictObject({});

/** What most operations have in common. */
const WITHOUT_INPUT = {
  params: nothing,
  query: nothing,
  bodyKind: 'none',
  body: null,
  maxBodyBytes: 16 * 1024,
  cacheSeconds: 0,
} as const satisfies Partial<OperationDescription>;

export const PUBLIC = { ...WITHOUT_INPUT, access: 'public', right: null } as const;
export const WITH_KEY = { ...WITHOUT_INPUT, access: 'key', right: null } as const;
export const FOR_OBSERVERS = { ...WITHOUT_INPUT, access: 'key', right: 'observe' } as const;

/** What every operation with an API key may end with. */
export const KEY_ERRORS = ['api.unauthorized', 'api.invalid'] as const satisfies readonly ErrorCode[];
export const OBSERVER_ERRORS = [...KEY_ERRORS, 'api.not_granted'] as const;
