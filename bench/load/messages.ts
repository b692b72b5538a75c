import type { Outcome } from '../../protocol/status.ts';

/** What the server is asked for, and the generator too. */
export type Command =
  | { readonly type: 'seats'; readonly seats: number }
  /** Forget what was counted: a window begins. */
  | { readonly type: 'reset' }
  /** Tell what was counted since. */
  | { readonly type: 'sample' }
  /** Tell what these sessions' decisions rest on: for the server. */
  | { readonly type: 'explain'; readonly sessionIds: readonly string[] }
  | { readonly type: 'stop' };

export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Of one process, over the window. */
export interface ProcessSample {
  readonly seconds: number;
  /** Cores kept busy. */
  readonly cpu: number;
  readonly rssBytes: number;
  /** By how much timers came late. */
  readonly loopLagMs: Percentiles;
}

export interface ServerSample {
  readonly type: 'server';
  readonly process: ProcessSample;
  readonly workers: { readonly count: number; readonly cpu: number; readonly rssBytes: number };
  readonly descriptors: number;
  readonly heapBytes: number;
  readonly frames: { readonly received: number; readonly analysed: number; readonly superseded: number };
  /** From a frame's arrival in its session to the status, or the decision, that it led to. */
  readonly latencyMs: Percentiles;
  /** Mean number of open sessions. */
  readonly openSessions: number;
  readonly openNow: number;
  readonly capacity: { readonly sessions: number; readonly frameMs: number; readonly load: number };
  /** Jain's index of the analysed frames a second that sessions got; null with less than two. */
  readonly fairness: number | null;
  /** How often a decision was made for these reasons. */
  readonly verdicts: Readonly<Record<string, number>>;
}

export type Role = 'genuine' | 'stranger';

export interface GeneratorSample {
  readonly type: 'generator';
  readonly process: ProcessSample;
  readonly decisions: Readonly<Record<Role, Readonly<Record<Outcome, number>>>>;
  /** Sessions of those who were rejected and should not have been, and the other way round. */
  readonly wrong: readonly string[];
  /** Sessions that ended without a decision, by code. */
  readonly failures: Readonly<Record<string, number>>;
  /** Times somebody was told to come back later. */
  readonly refusals: number;
  readonly offered: number;
  readonly sent: number;
  /** From the welcome to the decision, of those that were accepted or rejected. */
  readonly decisionMs: Percentiles;
}

export type Report =
  | { readonly type: 'ready'; readonly port: number; readonly apiKey: string }
  | { readonly type: 'started' }
  | { readonly type: 'explained'; readonly verdicts: readonly string[] }
  | ServerSample
  | GeneratorSample;
