import { z } from 'zod';
import type { PreparedModels } from '../../models/prepared.ts';
import type { AnalyzeReply, AnalyzeRequest } from './calls.ts';
import { EXECUTION_PROVIDERS, type ExecutionProvider } from './execution-provider.ts';

/** What a worker gets before its first frame. */
export interface WorkerSettings {
  readonly models: PreparedModels['models'];
  readonly maxImagePixels: number;
  readonly executionProvider: ExecutionProvider;
}

/** Pool → worker. First the settings, answered by `ready`; then one frame at a time, each answered by `reply`. */
export type PoolMessage =
  | { readonly type: 'settings'; readonly settings: WorkerSettings }
  | { readonly type: 'analyze'; readonly request: AnalyzeRequest };

/** Worker → pool. `ready` means that every network has run once. */
export type WorkerMessage =
  | { readonly type: 'ready' }
  /** The networks did not load, and the worker ends. `provider` is set when it is the cause. */
  | { readonly type: 'failed'; readonly detail: string; readonly provider?: ExecutionProvider | undefined }
  /** `failure` is the reason of a `server.internal`. It contains no pixel and no score. */
  | { readonly type: 'reply'; readonly reply: AnalyzeReply; readonly failure?: string | undefined };

const DETAIL = z.string().transform((text) => text.slice(0, MAX_DETAIL));
/** Longest reason that is kept, in characters. */
const MAX_DETAIL = 200;

/** The content of an analysis is not checked: only the worker has seen the picture. */
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

/** Checks a message of a worker, which an attacker may have taken over. Null when it is none of `WorkerMessage`. */
export function readWorkerMessage(received: unknown): WorkerMessage | null {
  const { data } = WORKER_MESSAGE.safeParse(received);
  return data ?? null;
}
