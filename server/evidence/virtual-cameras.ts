/**
 * Names of programs that pose as a camera and pass on whatever they are given. Some of them have honest uses, and a
 * name is easily changed: this is a hint, never a proof.
 */
const NAMES =
  /\b(obs\b|virtual|manycam|snap camera|xsplit|splitcam|droidcam|iriun|epoccam|altercam|camtwist|webcamoid|sparkocam|youcam|e2esoft|vcam|mmhmm|unity video capture|dummy video device|v4l2loopback|fake[ _]device)/i;

/** Whether a camera's label, as the browser or system gives it, is that of such a program. */
export function isVirtualCamera(label: string): boolean {
  return NAMES.test(label);
}
