/** For a relying party's server: create sessions, manage subjects, and check the tokens of decisions. */
export {
  type Backend,
  type BackendNames,
  type Attestation,
  type BackendOptions,
  type CallOptions,
  createBackend,
  type NewSession,
  type PageOptions,
  type KioskKeys,
  type SessionDemand,
  type SessionExpectation,
  type StartedSession,
  type Subjects,
} from './backend.ts';
export {
  type AcceptedDecision,
  claimedSessionOf,
  type RefusedDecision,
  type VerifiedDecision,
  verifyDecision,
} from './decision.ts';
export {
  ApiError,
  type ApiErrorCode,
  type ApiErrorDetails,
  CONNECTION_ERRORS,
  DECISION_ERRORS,
  DecisionError,
  type DecisionErrorCode,
} from './errors.ts';
export type { DecisionExpectation } from './expectation.ts';
export { apiErrorOf } from './http.ts';
export { type DecisionKeys, fixedKeys, type KeySet, remoteKeys, type RemoteKeysOptions } from './keys.ts';
export type {
  CreatedSession,
  DecisionsPage,
  KioskKey,
  LiveTicket,
  SessionView,
  SubjectKey,
  SubjectsPage,
  Tier,
} from './schemas.ts';
export type {
  Capture,
  CaptureDemand,
  ErrorCode,
  Mode,
  Outcome,
  PossessionDemand,
  Retry,
} from '@veriframe/protocol';
