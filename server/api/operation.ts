import { z } from 'zod';
import { ERRORS, type ErrorCode, VeriframeError } from '../../protocol/errors.ts';
import type { Caller } from '../identity/api-keys.ts';
import type { ApiContext } from './context.ts';

// Object.keys forgets the keys' type.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
export const errorCode = z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]);

/** An HTTP request after routing, before anything in it is believed. */
export interface ApiRequest {
  readonly authorization: string | undefined;
  /** Values of the path's placeholders, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Parameters after the question mark; of a repeated one the last. */
  readonly query?: Readonly<Record<string, string>>;
  /** Parsed JSON; undefined when there was no body. */
  readonly body: unknown;
}

/** One HTTP operation: enough to route it, to run it and to document it. */
export interface Operation {
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Path with placeholders in braces, as in OpenAPI. */
  readonly path: string;
  readonly summary: string;
  readonly access: 'key' | 'public';
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  readonly body: z.ZodType | null;
  readonly status: number;
  readonly result: z.ZodType;
  /** Codes it may end with, beside `server.internal`. */
  readonly errors: readonly ErrorCode[];
  /** Seconds a shared cache may keep the result; 0 forbids it. */
  readonly cacheSeconds: number;
  /** @throws VeriframeError */
  handle(context: ApiContext, request: ApiRequest): Promise<unknown>;
}

interface Description<R extends z.ZodType> {
  readonly id: string;
  readonly method: Operation['method'];
  readonly path: string;
  readonly summary: string;
  readonly status?: number;
  readonly result: R;
  readonly errors?: readonly ErrorCode[];
  readonly cacheSeconds?: number;
}

const nothing = z.object({});

/** An operation that anyone may call. */
export function publicOperation<R extends z.ZodType>(
  description: Description<R> & { run(context: ApiContext): z.infer<R> },
): Operation {
  return {
    status: 200,
    errors: [],
    cacheSeconds: 0,
    ...description,
    access: 'public',
    params: nothing,
    query: nothing,
    body: null,
    handle: async (context) => description.run(context),
  };
}

/** An operation on what belongs to the tenant whose API key is shown. */
export function tenantOperation<
  P extends z.ZodObject,
  Q extends z.ZodObject,
  B extends z.ZodType,
  R extends z.ZodType,
>(
  description: Description<R> & {
    readonly params?: P;
    readonly query?: Q;
    readonly body?: B;
    run(
      context: ApiContext,
      input: {
        readonly caller: Caller;
        readonly params: z.infer<P>;
        readonly query: z.infer<Q>;
        readonly body: z.infer<B>;
      },
    ): Promise<z.infer<R>> | z.infer<R>;
  },
): Operation {
  const { params, query, body, errors = [] } = description;
  const input = z.object({
    params: params ?? nothing,
    query: query ?? nothing,
    body: body ?? z.undefined(),
  });
  return {
    status: 200,
    cacheSeconds: 0,
    ...description,
    access: 'key',
    params: params ?? nothing,
    query: query ?? nothing,
    body: body ?? null,
    errors: ['api.unauthorized', 'api.invalid', ...errors],
    async handle(context, request) {
      const caller = context.keys.authenticate(request.authorization);
      if (caller === null) throw new VeriframeError('api.unauthorized');
      const parsed = input.safeParse({
        params: request.params,
        query: request.query ?? {},
        body: body === undefined ? undefined : request.body,
      });
      if (!parsed.success) throw new VeriframeError('api.invalid', describeIssue(parsed.error));
      // The types of params, query and body are those of the schemas just applied.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      const checked = parsed.data as { params: z.infer<P>; query: z.infer<Q>; body: z.infer<B> };
      return await description.run(context, { caller, ...checked });
    },
  };
}

/** Names the first field that does not fit and why; never repeats what was sent. */
function describeIssue({ issues: [issue] }: z.ZodError): string {
  if (issue === undefined) return '';
  const field = issue.path.slice(1).join('.') || 'body';
  return `Field ${field}: ${issue.message}.`;
}
