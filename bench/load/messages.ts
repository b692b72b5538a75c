import type { Outcome } from '../../protocol/status.ts';

/** Commands to the server process and to the generator. */
export type Command =
  | { readonly type: 'seats'; readonly seats: number }
  /** Resets the counters: a measuring window begins. */
  | { readonly type: 'reset' }
  /** Reports the counters since the last reset. */
  | { readonly type: 'sample' }
  /** Reports the evidence of these sessions' decisions; for the server only. */
  | { readonly type: 'explain'; readonly sessionIds: readonly string[] }
  | { readonly type: 'stop' };

export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Measurements of one process over the window. */
export interface ProcessSample {
  readonly seconds: number;
  /** Number of busy cores. */
  readonly cpu: number;
  readonly rssBytes: number;
  /** Delay of timers. */
  readonly loopLagMs: Percentiles;
}

export interface ServerSample {
  readonly type: 'server';
  readonly process: ProcessSample;
  readonly workers: { readonly count: number; readonly cpu: number; readonly rssBytes: number };
  readonly descriptors: number;
  readonly heapBytes: number;
  readonly frames: { readonly received: number; readonly analysed: number; readonly superseded: number };
  /** Time from a frame's arrival in its session to the resulting status or decision. */
  readonly latencyMs: Percentiles;
  /** Mean number of open sessions. */
  readonly openSessions: number;
  readonly openNow: number;
  readonly capacity: { readonly sessions: number; readonly frameMs: number; readonly load: number };
  /** Jain's index of the sessions' analysed frames per second; null with fewer than two sessions. */
  readonly fairness: number | null;
  /** Number of decisions by their reasons. */
  readonly verdicts: Readonly<Record<string, number>>;
}

export type Role = 'genuine' | 'stranger';

export interface GeneratorSample {
  readonly type: 'generator';
  readonly process: ProcessSample;
  readonly decisions: Readonly<Record<Role, Readonly<Record<Outcome, number>>>>;
  /** Sessions of genuine clients that were rejected, and of impostors that were accepted. */
  readonly wrong: readonly string[];
  /** Number of sessions that ended without a decision, by code. */
  readonly failures: Readonly<Record<string, number>>;
  /** Number of times that a client was told to come back later. */
  readonly refusals: number;
  readonly offered: number;
  readonly sent: number;
  /** Time from the welcome to the decision, for sessions that were accepted or rejected. */
  readonly decisionMs: Percentiles;
}

export type Report =
  | { readonly type: 'ready'; readonly port: number; readonly apiKey: string }
  | { readonly type: 'started' }
  | { readonly type: 'explained'; readonly verdicts: readonly string[] }
  | ServerSample
  | GeneratorSample;
