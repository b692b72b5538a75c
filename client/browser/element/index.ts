/** Importing this module defines `<face-auth>`. */
import { FaceAuth } from './face-auth.ts';

export { FaceAuth };
export type { FaceAuthEvent, FaceAuthEventDetails } from './events.ts';
export { LANGUAGES, type WordOverrides, type Words } from './words/index.ts';

declare global {
  interface HTMLElementTagNameMap {
    'face-auth': FaceAuth;
  }
}

if (customElements.get('face-auth') === undefined) customElements.define('face-auth', FaceAuth);
