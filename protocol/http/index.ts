/** The HTTP API: requests and answers of every operation, and the claims of the tokens. */
export {
  ATTACKS,
  DECISION_TOKEN_TYPE,
  type DecisionClaims,
  decisionClaims,
  OBSERVATION_TOKEN_TYPE,
  TOKEN_ALGORITHM,
} from './claims.ts';
export { type ErrorBody, errorBody } from './fields.ts';
export type { OperationDescription } from './operation.ts';
export {
  type AnswerOf,
  type BodyOf,
  type CheckedRequest,
  type OperationId,
  OPERATIONS,
  type ParamsOf,
  type QueryOf,
} from './operations.ts';
export { LIVE_PATH, STREAM_PATH } from './paths.ts';
export { DEFAULT_POLICY } from './sessions.ts';
