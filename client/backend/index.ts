/** For a relying party's server: create sessions, manage subjects, and check the tokens of decisions. */
export {
  type Backend,
  type BackendNames,
  type Attestation,
  type BackendOptions,
  createBackend,
  type NewSession,
  type KioskKeys,
  type SessionDemand,
  type SessionExpectation,
  type StartedSession,
} from './backend.ts';
export type { CallOptions, PageOptions } from './calls.ts';
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
  DetailedSubjectRecord,
  KioskKey,
  LiveTicket,
  PhotoImport,
  SessionView,
  SubjectExport,
  SubjectKey,
  SubjectRecord,
  SubjectRecords,
  SubjectsPage,
  Tier,
} from './schemas.ts';
export type { PhotosOfSubject, SubjectChanges, SubjectFilter, Subjects } from './subjects.ts';
export type {
  Capture,
  CaptureDemand,
  ErrorCode,
  Mode,
  Outcome,
  PossessionDemand,
  Retry,
} from '@veriframe/protocol';
