import { inPart, SKIN_PART } from './atlas-layout.ts';
import type { FaceInSpace, Vector } from './face-in-space.ts';
import type { MeshBuilder } from './mesh.ts';

/** Breadth and height of an ear are 36 and 62 mm over a face of 140 mm. */
const EAR = { halfBreadth: 0.125, halfHeight: 0.2 };
/** Its middle against the head's origin, in face widths. */
const MIDDLE = { side: 0.5, y: 0.1, z: 0.09 };
/** It leans back, and its rear edge stands off the head. */
const LEAN_RAD = 0.2;
const STANDS_OFF = 0.3;
const AROUND = 20;

/** From the ear's middle to its rim: how far out, how high above its plane in face widths, how open to light. */
const RELIEF = [
  { reach: 0.12, lift: -0.035, open: 0.45 },
  { reach: 0.38, lift: -0.015, open: 0.6 },
  { reach: 0.55, lift: 0.03, open: 0.95 },
  { reach: 0.74, lift: 0.01, open: 0.75 },
  { reach: 0.9, lift: 0.045, open: 1 },
  { reach: 1, lift: 0.03, open: 1 },
  { reach: 0.96, lift: -0.02, open: 0.6 },
  { reach: 0.6, lift: -0.1, open: 0.4 },
] as const;

/** Adds both ears: flat shells with a bowl, a fold and a rim, that turn with the head. */
export function addEars(builder: MeshBuilder, { faceWidth }: FaceInSpace): void {
  for (const side of [-1, 1] as const) addEar(builder, faceWidth, side);
}

function addEar(builder: MeshBuilder, unit: number, side: -1 | 1): void {
  const first = builder.count;
  for (const { reach, lift, open } of RELIEF) {
    for (let step = 0; step <= AROUND; step++) {
      const angle = (2 * Math.PI * step) / AROUND;
      // An ear is broader above than at its lobe.
      const breadth = EAR.halfBreadth * (1 - 0.28 * Math.sin(angle));
      const back = reach * breadth * Math.cos(angle);
      const down = reach * EAR.halfHeight * Math.sin(angle);
      const z = back * Math.cos(LEAN_RAD) - down * Math.sin(LEAN_RAD);
      const y = down * Math.cos(LEAN_RAD) + back * Math.sin(LEAN_RAD);
      const out = lift + STANDS_OFF * (back + EAR.halfBreadth) * 0.5;
      const place: Vector = [
        side * unit * (MIDDLE.side + out),
        unit * (MIDDLE.y + y),
        unit * (MIDDLE.z + z - 0.3 * lift),
      ];
      builder.add(place, {
        ...inPart(SKIN_PART, 0.5 + 0.4 * reach * Math.cos(angle), 0.5 + 0.4 * reach * Math.sin(angle)),
        open,
        gloss: 0.5,
        ...(step === AROUND ? { twin: builder.count - AROUND } : {}),
      });
    }
  }
  builder.grid(first, RELIEF.length, AROUND + 1, side > 0);
  const middle = builder.add(
    [side * unit * (MIDDLE.side - 0.04 + STANDS_OFF * 0.065), unit * MIDDLE.y, unit * MIDDLE.z],
    { ...inPart(SKIN_PART, 0.5, 0.5), open: 0.4 },
  );
  for (let step = 0; step < AROUND; step++) {
    const [a, b] = side < 0 ? [step + 1, step] : [step, step + 1];
    builder.triangle(middle, first + a, first + b);
  }
}
