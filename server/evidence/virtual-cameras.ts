/**
 * Names that programs give to cameras that are none, and that pass on whatever they are fed. Some of them have honest
 * uses, and a name is easily changed: a hint, never a proof.
 */
const NAMES =
  /\b(obs\b|virtual|manycam|snap camera|xsplit|splitcam|droidcam|iriun|epoccam|altercam|camtwist|webcamoid|sparkocam|youcam|e2esoft|vcam|mmhmm|unity video capture|dummy video device|v4l2loopback|fake[ _]device)/i;

/** Whether a camera's label, as its browser or system tells it, is that of a program. */
export function isVirtualCamera(label: string): boolean {
  return NAMES.test(label);
}
