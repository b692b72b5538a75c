import type { ErrorCode } from '../../protocol/errors.ts';
import type { Bye } from '../../protocol/upstream.ts';
import type { Candidate, Reference } from '../matching/reference.ts';
import type { FrameAnalysis } from '../vision/analysis.ts';

/** How the store took a new reference: `erased` when its subject was erased since the session was created. */
export type EnrolmentResult =
  | { readonly result: 'stored'; readonly reference: Pick<Reference, 'referenceId' | 'subject'> }
  | { readonly result: 'duplicate' | 'failed' | 'erased' };

/** How many `draws` an event that carries them must hold, at the least. */
export const DRAWS_PER_EVENT = 3;

/**
 * Everything that can happen to a session. `atMs` is server time. `draws` are numbers in [0, 1) from a
 * cryptographic source, used by whoever needs chance: the core draws none itself, so the same events give the
 * same session.
 */
export type SessionEvent = { readonly atMs: number } & (
  | {
      readonly type: 'hello';
      /** The client shows colours around the picture when told to; absent: no. */
      readonly flash?: boolean;
      /** Its camera has the name of a program that poses as one; absent: it does not say. */
      readonly virtualCamera?: boolean;
    }
  | { readonly type: 'references'; readonly references: readonly Reference[] }
  | {
      readonly type: 'frame';
      readonly seq: number;
      readonly capturedAtMs: number;
      readonly bytes: number;
      /** Number of the colour the client says it showed; absent: none. */
      readonly shown?: number;
    }
  /** A worker is free: the session may hand over the frame that is waiting. */
  | { readonly type: 'turn' }
  | {
      readonly type: 'analyzed';
      readonly seq: number;
      readonly analysis: FrameAnalysis;
      /** Another session has shown this very picture; absent where none are remembered. */
      readonly seenBefore?: boolean;
      readonly draws: readonly number[];
    }
  | { readonly type: 'analysis-failed'; readonly seq: number; readonly code: ErrorCode }
  | { readonly type: 'skip'; readonly draws: readonly number[] }
  | { readonly type: 'candidates'; readonly candidates: readonly Candidate[] }
  | ({ readonly type: 'enrolled' } & EnrolmentResult)
  /** `stands`: the accept is on record. Otherwise the reference that it rests on is no longer stored. */
  | { readonly type: 'accept-recorded'; readonly stands: boolean }
  | { readonly type: 'deadline'; readonly draws: readonly number[] }
  | { readonly type: 'bye'; readonly reason: Bye['reason'] }
  /** With the code that the server ended the connection with, where it did. */
  | { readonly type: 'disconnected'; readonly code?: ErrorCode }
);
export type SessionEventType = SessionEvent['type'];
