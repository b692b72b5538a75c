/** Importing this module defines `<face-auth>`. */
import { FaceAuth } from './face-auth.ts';

export { FaceAuth };
export type { FaceAuthEvent, FaceAuthEventDetails } from './events.ts';
export { LANGUAGES, type WordOverrides, type Words } from './words/index.ts';
export type { CameraDevice, CameraPermission } from '../sdk/camera.ts';
export type { FaceSessionErrorCode } from '../sdk/errors.ts';
export type { FaceSessionOptions } from '../sdk/session.ts';
export type {
  ChallengeKind,
  ChallengeStatus,
  DecisionCause,
  Hint,
  Mode,
  Outcome,
  Phase,
  PublicStatus,
} from '@veriframe/protocol';

declare global {
  interface HTMLElementTagNameMap {
    'face-auth': FaceAuth;
  }
}

if (customElements.get('face-auth') === undefined) customElements.define('face-auth', FaceAuth);
