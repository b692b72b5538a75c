import type { ErrorCode } from '../../protocol/errors.ts';
import type { Outcome, PublicStatus } from '../../protocol/status.ts';
import type { Retry } from '../../protocol/errors.ts';
import type { Assurance, Reason } from '../decision/reasons.ts';
import type { EvidenceByCue } from '../evidence/evidence.ts';
import type { AnalysisWants, Embeddings, FaceRegion } from '../vision/analysis.ts';

interface Grounds {
  readonly retry: Retry;
  readonly assurance: Assurance;
  /** For the operator's evaluation only; never sent to the client. */
  readonly evidence: EvidenceByCue;
  /** For the audit only; never sent to the client. */
  readonly reasons: readonly Reason[];
}

/** An accept names the stored reference that it rests on: the one matched, or the one just enrolled. */
export interface Accept extends Grounds {
  readonly outcome: 'accept';
  /** Whose reference it is. */
  readonly subject: string;
  readonly restsOn: string;
}

export interface Refusal extends Grounds {
  readonly outcome: Exclude<Outcome, 'accept'>;
  /** The claimed subject. Null when none was, or when it was erased. */
  readonly subject: string | null;
}

export type Verdict = Accept | Refusal;

/** What a transition wants done. The runner executes effects in order. */
export type Effect =
  /** Ask the pool for a turn; answered by a `turn` event. */
  | { readonly type: 'request-turn' }
  /** Look at frame `seq`; answered by `analyzed` or `analysis-failed`. */
  | {
      readonly type: 'analyze';
      readonly seq: number;
      readonly region: FaceRegion | null;
      readonly wants: AnalysisWants;
    }
  /** Frame `seq` was replaced by a newer one or came too late: forget its bytes. */
  | { readonly type: 'forget-frame'; readonly seq: number }
  | { readonly type: 'send-credit'; readonly frames: number }
  | { readonly type: 'send-status'; readonly status: PublicStatus }
  | { readonly type: 'send-error'; readonly code: ErrorCode }
  /** End the session without a decision: close the socket with the code's close code. */
  | { readonly type: 'fail'; readonly code: ErrorCode }
  /** Wake the session with `deadline` at this server time; replaces any earlier wake-up. Null: none. */
  | { readonly type: 'wake-at'; readonly atMs: number | null }
  /** 1:N search over the tenant's gallery; answered by `candidates`. */
  | { readonly type: 'search-gallery'; readonly probe: Embeddings }
  /** Store a new reference for the session's subject; answered by `enrolled`. */
  | { readonly type: 'store-reference'; readonly embeddings: Embeddings; readonly frames: number }
  /** Put an accept on record if its reference is still stored; answered by `accept-recorded`. */
  | { readonly type: 'record-accept'; readonly accept: Accept }
  /** Final. Record (an accept is by now), sign, deliver, then close. */
  | ({ readonly type: 'decide' } & Verdict);
