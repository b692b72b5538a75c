import type { StoreError, StoreErrorCode } from './errors.ts';
import type { DecisionLog, ReferenceStore } from './ports.ts';
import type { ReferencePage } from './sqlite/reference-pages.ts';

/** What a store does on behalf of another thread: the methods of its two ports, `all` page by page. */
export interface StoreMethods extends Omit<ReferenceStore, 'all' | 'close'>, Omit<DecisionLog, 'list'> {
  page(after: number): Promise<ReferencePage>;
  listDecisions: DecisionLog['list'];
}

export type StoreMethod = keyof StoreMethods;

/** A `StoreError` as it crosses threads. `cause` is the text of what brought it about. */
export interface StoreFault {
  readonly code: StoreErrorCode;
  readonly detail?: string;
  readonly cause?: string;
}

/** To the store: calls, each answered once in any order, and at the end `close`, answered by `closed`. */
export type StoreRequest =
  | { readonly type: 'call'; readonly call: number; readonly method: StoreMethod; readonly args: unknown[] }
  | { readonly type: 'close' };

/** From the store: first `opened`, or `refused` and nothing more. */
export type StoreReply =
  | { readonly type: 'opened' }
  | { readonly type: 'refused'; readonly fault: StoreFault }
  | { readonly type: 'done'; readonly call: number; readonly result: unknown }
  | { readonly type: 'failed'; readonly call: number; readonly fault: StoreFault }
  | { readonly type: 'closed' };

/** What a store's thread is started with. */
export interface StoreSettings {
  readonly path: string;
  /** 32 bytes, handed over: overwritten once the keys derived from them are made. */
  readonly masterKey: Uint8Array;
  readonly busyTimeoutMs?: number;
}

export function faultOf({ code, detail, cause }: StoreError): StoreFault {
  return {
    code,
    ...(detail === undefined ? {} : { detail }),
    ...(cause instanceof Error ? { cause: cause.message } : {}),
  };
}
