import type { ErrorCode } from '../../protocol/errors.ts';
import type { Bye } from '../../protocol/upstream.ts';
import type { Candidate, Reference } from '../matching/reference.ts';
import type { Possession } from '../decision/reasons.ts';
import type { TrustAtHello } from './trust.ts';
import type { FrameAnalysis } from '../vision/analysis.ts';

/** The store's answer to a new reference. `erased`: the subject was erased after the session was created. */
export type EnrolmentResult =
  | { readonly result: 'stored'; readonly reference: Pick<Reference, 'referenceId' | 'subject'> }
  | { readonly result: 'duplicate' | 'failed' | 'erased' };

/** The least number of `draws` in an event that has them. */
export const DRAWS_PER_EVENT = 3;

/**
 * Everything that can happen to a session. `atMs` is server time. `draws` are numbers in [0, 1) from a cryptographic
 * source. The session draws none itself, so that the same events give the same session.
 */
export type SessionEvent = { readonly atMs: number } & (
  | {
      readonly type: 'hello';
      /** The client shows colours around the picture when told to; absent: it does not. */
      readonly flash?: boolean;
      /** The client's camera has the name of a program that poses as a camera; absent: the client does not say. */
      readonly virtualCamera?: boolean;
      /** Absent: nothing is demanded, asked for or known. */
      readonly trust?: TrustAtHello;
    }
  /** The client has answered for the subject's key. Null: it declined, or its answer was refused. */
  | { readonly type: 'possession'; readonly possession: Possession | null }
  /** A signature of the client's kiosk covers its frames up to `seq`. */
  | { readonly type: 'signed'; readonly seq: number }
  /** A signature does not fit the frames that arrived. */
  | { readonly type: 'chain-broken' }
  /** The relying party vouches for the client's application. */
  | { readonly type: 'attested' }
  | { readonly type: 'references'; readonly references: readonly Reference[] }
  | {
      readonly type: 'frame';
      readonly seq: number;
      readonly capturedAtMs: number;
      readonly bytes: number;
      /** Number of the colour that the client says it showed; absent: none. */
      readonly shown?: number;
    }
  /** A worker is free for the frame that is waiting. */
  | { readonly type: 'turn' }
  | {
      readonly type: 'analyzed';
      readonly seq: number;
      readonly analysis: FrameAnalysis;
      /** Another session has shown this very picture; absent where no pictures are remembered. */
      readonly seenBefore?: boolean;
      readonly draws: readonly number[];
    }
  | { readonly type: 'analysis-failed'; readonly seq: number; readonly code: ErrorCode }
  | { readonly type: 'skip'; readonly draws: readonly number[] }
  | { readonly type: 'candidates'; readonly candidates: readonly Candidate[] }
  | ({ readonly type: 'enrolled' } & EnrolmentResult)
  /** `stands`: the accept was recorded. Otherwise the reference that it rests on is no longer stored. */
  | { readonly type: 'accept-recorded'; readonly stands: boolean }
  | { readonly type: 'deadline'; readonly draws: readonly number[] }
  | { readonly type: 'bye'; readonly reason: Bye['reason'] }
  /** `code` is the error with which the server ended the connection; absent: the server did not end it. */
  | { readonly type: 'disconnected'; readonly code?: ErrorCode }
);
