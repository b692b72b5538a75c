import { z } from 'zod';
import type { ErrorCode } from '../errors.ts';

/** Request and answer of one HTTP operation. */
export interface OperationDescription {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Path with placeholders in braces, as in OpenAPI. */
  readonly path: string;
  readonly summary: string;
  /** `key`: the caller needs an API key, and reaches only data of the key's tenant. */
  readonly access: 'public' | 'key';
  /** The permission that the API key needs. Null: none. */
  readonly right: 'observe' | 'vouch' | 'manage' | 'import' | null;
  /** Schema of the path's placeholders. An unknown field in a request is refused. */
  readonly params: z.ZodObject;
  /** Schema of the query parameters. */
  readonly query: z.ZodObject;
  /** `none`: a body is read and ignored. */
  readonly bodyKind: 'none' | 'json';
  /** Schema of the JSON body. Null: the operation takes none. */
  readonly body: z.ZodType | null;
  /** Most bytes of the body. A larger one is refused with status 413. */
  readonly maxBodyBytes: number;
  /**
   * Schema of the successful answer, by its HTTP status. Clients drop unknown fields, because a later server may send
   * more.
   */
  readonly answers: Readonly<Record<number, z.ZodType>>;
  /** Error codes of the operation, in addition to `server.internal`. The body of an error is `errorBody`. */
  readonly errors: readonly ErrorCode[];
  /** How long a shared cache may keep the answer, in seconds. 0: not at all. */
  readonly cacheSeconds: number;
}

const nothing = z.strictObject({});

/** Defaults of most operations. */
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

export const FOR_VOUCHERS = { ...WITHOUT_INPUT, access: 'key', right: 'vouch' } as const;
export const FOR_MANAGERS = { ...WITHOUT_INPUT, access: 'key', right: 'manage' } as const;
export const FOR_IMPORTERS = { ...WITHOUT_INPUT, access: 'key', right: 'import' } as const;

/** Error codes of every operation that needs an API key. */
export const KEY_ERRORS = ['api.unauthorized', 'api.invalid'] as const satisfies readonly ErrorCode[];
export const OBSERVER_ERRORS = [...KEY_ERRORS, 'api.not_granted'] as const;
export const VOUCHER_ERRORS = OBSERVER_ERRORS;
export const MANAGER_ERRORS = OBSERVER_ERRORS;
export const IMPORTER_ERRORS = OBSERVER_ERRORS;
