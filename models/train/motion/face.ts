import { MOTION_POINTS } from '../../../server/evidence/motion-features.ts';
import type { MeanFace } from './measure.ts';
import type { Draws } from './random.ts';

/** Expressions of a face, each about 0 at rest and 1 at full strength. */
export const EXPRESSIONS = ['jaw', 'smile', 'pucker', 'brows', 'frown', 'cheeks'] as const;
export type Expression = (typeof EXPRESSIONS)[number];
type ExpressionState = Readonly<Record<Expression, number>>;

type Move = readonly [number, number, number];

/** Displacement of landmarks on the right half by each expression at full strength, in eye distances, x outward. */
const MOVES: Readonly<Record<Expression, readonly (readonly [readonly number[], Move])[]>> = {
  jaw: [
    [
      [17, 314, 14, 317],
      [0, 0.3, 0.02],
    ],
    [
      [152, 199],
      [0, 0.34, 0.06],
    ],
    [
      [397, 365],
      [-0.01, 0.16, 0.04],
    ],
    [
      [291, 308],
      [-0.05, 0.12, 0.01],
    ],
    [[425], [-0.01, 0.07, 0]],
    [
      [0, 267, 13, 312],
      [0, -0.02, 0],
    ],
  ],
  smile: [
    [
      [291, 308],
      [0.12, -0.08, 0.06],
    ],
    [[425], [0.06, -0.06, -0.03]],
    [[280], [0.03, -0.04, -0.03]],
    [
      [267, 312],
      [0.03, -0.02, 0.02],
    ],
    [
      [314, 317],
      [0.03, -0.02, 0.02],
    ],
    [
      [0, 13, 17, 14],
      [0, -0.01, 0.02],
    ],
  ],
  pucker: [
    [
      [291, 308],
      [-0.12, 0, -0.05],
    ],
    [
      [267, 312],
      [-0.03, 0.01, -0.08],
    ],
    [
      [314, 317],
      [-0.03, -0.01, -0.08],
    ],
    [
      [0, 13, 17, 14],
      [0, 0, -0.09],
    ],
    [[425], [-0.04, 0, -0.02]],
  ],
  brows: [
    [
      [296, 334, 293],
      [0, -0.12, 0],
    ],
    [
      [336, 300],
      [0, -0.09, 0],
    ],
    [
      [9, 338],
      [0, -0.03, 0],
    ],
    [
      [151, 10],
      [0, -0.015, 0],
    ],
  ],
  frown: [
    [
      [336, 296],
      [-0.04, 0.05, 0],
    ],
    [[334], [-0.01, 0.03, 0]],
    [[9], [0, 0.02, 0]],
  ],
  cheeks: [
    [
      [425, 280],
      [0.03, -0.02, -0.04],
    ],
    [[345], [0.01, -0.02, -0.01]],
    [[365], [0.03, 0, 0]],
  ],
};

/**
 * One person's face: the coordinates of `MOTION_POINTS`, three each, in eye distances, and their displacement by each
 * expression.
 */
export interface Face {
  readonly rest: Float32Array;
  readonly moves: Readonly<Record<Expression, Float32Array>>;
}

/** The corresponding landmark on the other half of the face. */
const MIRRORED = new Map<number, number>(
  (
    [
      [314, 84],
      [317, 87],
      [397, 172],
      [365, 136],
      [291, 61],
      [308, 78],
      [425, 205],
      [267, 37],
      [312, 82],
      [280, 50],
      [296, 66],
      [334, 105],
      [293, 63],
      [336, 107],
      [300, 70],
      [338, 109],
      [345, 116],
    ] as const
  ).flatMap(([a, b]) => [[a, b] as const]),
);

/** Draws one person. Proportions, asymmetry and the strength of each expression vary. */
export function drawFace(mean: MeanFace, draws: Draws): Face {
  const wide = 1 + 0.06 * draws.normal();
  const long = 1 + 0.07 * draws.normal();
  const deep = 1 + 0.1 * draws.normal();
  const rest = new Float32Array(3 * MOTION_POINTS.length);
  for (const [i, landmark] of MOTION_POINTS.entries()) {
    const [x, y, z] = mean[landmark];
    rest[3 * i] = x * wide + 0.015 * draws.normal();
    rest[3 * i + 1] = y * long + 0.02 * draws.normal();
    rest[3 * i + 2] = z * deep + 0.02 * draws.normal();
  }
  const moves = Object.fromEntries(
    EXPRESSIONS.map((expression) => {
      const field = new Float32Array(rest.length);
      const strength = draws.between(0.7, 1.3);
      const leaning = 0.15 * draws.normal();
      for (const [landmarks, [x, y, z]] of MOVES[expression]) {
        for (const landmark of landmarks) {
          const other = MIRRORED.get(landmark);
          put(field, landmark, x, y, z, strength * (1 + leaning));
          if (other !== undefined) put(field, other, -x, y, z, strength * (1 - leaning));
        }
      }
      return [expression, field];
    }),
  ) as Record<Expression, Float32Array>;
  return { rest, moves };
}

function put(field: Float32Array, landmark: number, x: number, y: number, z: number, strength: number): void {
  const i = MOTION_POINTS.indexOf(landmark);
  field[3 * i] += x * strength;
  field[3 * i + 1] += y * strength;
  field[3 * i + 2] += z * strength;
}

/** The coordinates of the face with an expression. */
export function expressed({ rest, moves }: Face, state: ExpressionState): Float32Array {
  const shape = rest.slice();
  for (const expression of EXPRESSIONS) {
    const amount = state[expression];
    if (amount === 0) continue;
    const field = moves[expression];
    for (let k = 0; k < shape.length; k++) shape[k] += amount * field[k];
  }
  return shape;
}

/** Pivot of the head in the neck, in eye distances from the midpoint of the eyes. */
export const NECK = { x: 0, y: 0.9, z: 1.4 } as const;
