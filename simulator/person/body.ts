import { smoothStep } from '../drawing/smooth-step.ts';
import { BODY_PART, inPart } from './atlas-layout.ts';
import type { FaceInSpace } from './face-in-space.ts';
import type { MeshBuilder } from './mesh.ts';

const AROUND = 40;
const ROWS = 22;
/** From within the head down to below the picture, in face widths from the head's origin. */
const TOP = 0.35;
const BOTTOM = 2.4;
/** The neck's axis lies behind the origin and leans forward into the head. */
const AXIS_Z = 0.14;

/** Half-breadth and half-depth of neck and trunk at a height, in face widths: neck, slope to the shoulders, trunk. */
function sectionAt(y: number): { readonly across: number; readonly along: number } {
  const slope = smoothStep(0.95, 1.62, y);
  const shoulder = smoothStep(1.15, 1.75, y);
  return { across: 0.4 + 0.42 * slope + 0.72 * shoulder, along: 0.43 + 0.25 * slope };
}

/** Adds neck and shoulders: the neck goes along with the head above and less and less downward. */
export function addBody(builder: MeshBuilder, { faceWidth: unit }: FaceInSpace): void {
  const first = builder.count;
  for (let row = 0; row < ROWS; row++) {
    const share = row / (ROWS - 1);
    const y = TOP + (BOTTOM - TOP) * share;
    const { across, along } = sectionAt(y);
    for (let step = 0; step <= AROUND; step++) {
      // From the back round by the image's left, the front and the right to the back.
      const angle = (2 * Math.PI * step) / AROUND;
      const x = -Math.sin(angle);
      const z = Math.cos(angle);
      const neck = smoothStep(1.25, 0.75, y);
      builder.add([unit * across * x, unit * y, unit * (AXIS_Z + along * z + 0.1 * smoothStep(1, 0.4, y))], {
        ...inPart(BODY_PART, step / AROUND, share),
        turns: neck,
        shifts: 0.85 + 0.15 * neck,
        // Chin and hair keep the light from the neck.
        open: 0.35 + 0.65 * smoothStep(0.72, 1.3, y),
        gloss: 0.25 * smoothStep(1.4, 1.1, y),
        ...(step === AROUND ? { twin: builder.count - AROUND } : {}),
      });
    }
  }
  builder.grid(first, ROWS, AROUND + 1);
}

/** Where clothes begin, as a share of the body's part of the atlas, by the share around from back to back. */
export function necklineAt(around: number): number {
  const front = Math.exp(-(((around - 0.5) / 0.09) ** 2));
  return (1.22 + 0.3 * front - TOP) / (BOTTOM - TOP);
}
