import type { PreparedModels } from '../../models/prepared.ts';
import type { AnalyzeReply, AnalyzeRequest } from './calls.ts';
import type { ExecutionProvider } from './execution-provider.ts';

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
  | { readonly type: 'failed'; readonly detail: string; readonly provider?: ExecutionProvider }
  /** `failure` says what went wrong when the reply is `server.internal`; it holds no pixel and no score. */
  | { readonly type: 'reply'; readonly reply: AnalyzeReply; readonly failure?: string };
