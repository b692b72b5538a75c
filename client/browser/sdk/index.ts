/** The veriframe browser SDK: `createFaceSession` starts a session, and its events report what happens. */
export {
  type CameraChoice,
  type CameraDevice,
  type CameraPermission,
  cameraPermission,
  listCameras,
  rememberCamera,
  rememberedCamera,
} from './camera.ts';
export { followPictures } from './capture.ts';
export { FACE_SESSION_ERRORS, FaceSessionError, type FaceSessionErrorCode } from './errors.ts';
export { createFaceSession, type FaceSession, type FaceSessionOptions } from './session.ts';
export type {
  FaceDecision,
  FaceSessionEnd,
  FaceSessionEvent,
  FaceSessionState,
  KeyResult,
} from './session-state.ts';
export type { PlacementAdvice } from './help/placement-advice.ts';
export type {
  ChallengeStatus,
  DecisionCause,
  DepthImage,
  ErrorCode,
  FlashStatus,
  Mode,
  Outcome,
  PossessionRequest,
  Retry,
  Status,
} from '@veriframe/protocol';
