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
} from './session-state.ts';
export type { PlacementAdvice } from './help/placement-advice.ts';
export type {
  ChallengeStatus,
  DepthImage,
  ErrorCode,
  FlashStatus,
  Mode,
  Outcome,
  Retry,
  Slowness,
  Status,
} from '@veriframe/protocol';
