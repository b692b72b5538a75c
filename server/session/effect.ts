import type { ErrorCode, Retry } from '../../protocol/errors.ts';
import type { Outcome, PublicStatus } from '../../protocol/status.ts';
import type { Assurance, Reason } from '../decision/reasons.ts';
import type { EvidenceByCue } from '../evidence/evidence.ts';
import type { AnalysisOptions, Embeddings, FaceRegion } from '../vision/analysis.ts';

/** What a decision rests on. */
interface Grounds {
  readonly retry: Retry;
  readonly assurance: Assurance;
  /** For evaluation by the operator; never sent to the client. */
  readonly evidence: EvidenceByCue;
  /** For the record; never sent to the client. */
  readonly reasons: readonly Reason[];
}

/** An accept names the stored reference that it rests on: the one that matched, or the one just enrolled. */
export interface Accept extends Grounds {
  readonly outcome: 'accept';
  /** The subject of that reference. */
  readonly subject: string;
  readonly restsOn: string;
}

export interface Refusal extends Grounds {
  readonly outcome: Exclude<Outcome, 'accept'>;
  /** The claimed subject; null when there was no claim, or when the subject was erased. */
  readonly subject: string | null;
}

/** The final decision of a session. */
export type Verdict = Accept | Refusal;

/** What the runner must do after a transition, in this order. */
export type Effect =
  /** Ask the pool for a turn; answered by a `turn` event. */
  | { readonly type: 'request-turn' }
  /** Analyse frame `seq`; answered by `analyzed` or `analysis-failed`. */
  | {
      readonly type: 'analyze';
      readonly seq: number;
      readonly region: FaceRegion | null;
      readonly options: AnalysisOptions;
      /** Frames whose textures are still needed, at most `MAX_RESTS`. The runner drops all others. */
      readonly rests: readonly number[];
    }
  /** Frame `seq` was replaced by a newer one: drop its bytes. */
  | { readonly type: 'forget-frame'; readonly seq: number }
  | { readonly type: 'send-credit'; readonly frames: number }
  | { readonly type: 'send-status'; readonly status: PublicStatus }
  | { readonly type: 'send-error'; readonly code: ErrorCode }
  /** End the session without a decision: close the socket with the code's close code. */
  | { readonly type: 'fail'; readonly code: ErrorCode }
  /** Send `deadline` to the session at this server time. Replaces any earlier wake-up. Null: none. */
  | { readonly type: 'wake-at'; readonly atMs: number | null }
  /** Search the tenant's gallery (1:N); answered by `candidates`. */
  | { readonly type: 'search-gallery'; readonly probe: Embeddings }
  /** Store a new reference for the session's subject; answered by `enrolled`. */
  | { readonly type: 'store-reference'; readonly embeddings: Embeddings; readonly frames: number }
  /** Record an accept if its reference is still stored; answered by `accept-recorded`. */
  | { readonly type: 'record-accept'; readonly accept: Accept }
  /** Final. Record it (an accept is recorded already), sign it, deliver it, then close. */
  | ({ readonly type: 'decide' } & Verdict);
