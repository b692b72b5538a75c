import type { PreparedModels } from '../../models/prepared.ts';
import type { AnalyzeReply, AnalyzeRequest } from './calls.ts';

/** What a worker is born with. */
export interface WorkerSettings {
  readonly models: PreparedModels['models'];
  readonly maxImagePixels: number;
}

/** Pool → worker: one frame at a time, answered by one `WorkerMessage` of type `reply`. */
export type PoolMessage = AnalyzeRequest;

/** Worker → pool. `ready` comes first and once, when every network has run. */
export type WorkerMessage =
  | { readonly type: 'ready' }
  /** `failure` says what went wrong when the reply is `server.internal`; it holds no pixel and no score. */
  | { readonly type: 'reply'; readonly reply: AnalyzeReply; readonly failure?: string };
