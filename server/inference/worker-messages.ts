import { z } from 'zod';
import type { PreparedModels } from '../../models/prepared.ts';
import type { AnalyzeReply, AnalyzeRequest } from './calls.ts';
import { EXECUTION_PROVIDERS, type ExecutionProvider } from './execution-provider.ts';

/** What a worker needs to know before its first frame. */
export interface WorkerSettings {
  readonly models: PreparedModels['models'];
  readonly maxImagePixels: number;
  readonly executionProvider: ExecutionProvider;
}

/** Pool → worker: first the settings, answered by `ready`, then one frame at a time, each answered by `reply`. */
export type PoolMessage =
  | { readonly type: 'settings'; readonly settings: WorkerSettings }
  | { readonly type: 'analyze'; readonly request: AnalyzeRequest };

/** Worker → pool. `ready` means that every network has run once. */
export type WorkerMessage =
  | { readonly type: 'ready' }
  /** The networks did not load; the worker ends. `provider` is set when it is to blame. */
  | { readonly type: 'failed'; readonly detail: string; readonly provider?: ExecutionProvider | undefined }
  /** `failure` says what went wrong when the reply is `server.internal`; it holds no pixel and no score. */
  | { readonly type: 'reply'; readonly reply: AnalyzeReply; readonly failure?: string | undefined };

const DETAIL = z.string().transform((text) => text.slice(0, MAX_DETAIL));
/** Characters of what went wrong that are kept. */
const MAX_DETAIL = 200;

/** An analysis is taken as it is: what a picture shows is for its worker to say. */
const WORKER_MESSAGE = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('failed'), detail: DETAIL, provider: z.enum(EXECUTION_PROVIDERS).optional() }),
  z.object({
    type: z.literal('reply'),
    reply: z.discriminatedUnion('ok', [
      z.object({
        ok: z.literal(true),
        analysis: z.custom<Extract<AnalyzeReply, { ok: true }>['analysis']>(isObject),
        timings: z.custom<Extract<AnalyzeReply, { ok: true }>['timings']>(isObject),
      }),
      z.object({
        ok: z.literal(false),
        code: z.enum(['frame.undecodable', 'frame.too_many_pixels', 'server.internal']),
      }),
    ]),
    failure: DETAIL.optional(),
  }),
]);

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** What a worker said; null for what none of ours says. Whoever took one over may write anything. */
export function readWorkerMessage(said: unknown): WorkerMessage | null {
  const { data } = WORKER_MESSAGE.safeParse(said);
  return data ?? null;
}
