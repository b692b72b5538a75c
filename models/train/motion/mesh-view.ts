import {
  MOTION_POINTS,
  MOTION_STIFF_COUNT,
  motionPosture,
  type MotionPosture,
} from '../../../server/evidence/motion-features.ts';
import { LANDMARK_COUNT } from '../../../server/vision/landmarks.ts';
import type { Draws } from './random.ts';

interface Vector {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** State of the scene at one moment; lengths in eye distances, angles in radians. */
export interface Scene {
  /** Coordinates of `MOTION_POINTS`, three each. */
  readonly shape: Float32Array;
  readonly turn: { readonly yaw: number; readonly pitch: number; readonly roll: number };
  readonly shift: Vector;
  readonly pivot: Vector;
  /** Shake of a hand-held camera: a shift and a roll of the whole image. */
  readonly camera: { readonly x: number; readonly y: number; readonly roll: number } | null;
  /** Eye opening as a share of the open eye. */
  readonly lids: number;
  readonly gazeRight: number;
  readonly gazeDown: number;
  /** 0: a head; 1: a picture of one. */
  readonly flatness: 0 | 1;
  /** Curvature of the sheet: displacement of its points towards the camera, per squared distance from its centre. */
  readonly bend: number;
}

/**
 * Variables that errors depend on: pose (radians), logarithm of the scale, and position in the image (eye distances).
 * Each has a range of spatial frequencies, in radians per unit. Low frequencies model the network's bias towards faces
 * that it knows; high frequencies model the image's pixel grid.
 */
const DRIVERS = {
  yaw: [1.5, 14],
  pitch: [1.5, 14],
  roll: [1.5, 20],
  scale: [1, 20],
  right: [0.3, 15],
  down: [0.3, 15],
} as const satisfies Record<string, readonly [number, number]>;
const WAVES = 10;
/**
 * Root mean square of these errors at the rigid points of the skull, in eye distances, while all variables change. With
 * these ranges the simulated spreads cover those of `measured.json`, where `stiff-residual` extends from .0005 (a fixed
 * photo) to .014 (hand-held prints).
 */
const ERROR_RANGE = [0.0006, 0.008] as const;
/** The same for the eye opening, as a share, and for the gaze. */
const LID_ERROR_RANGE = [0.01, 0.12] as const;
const GAZE_ERROR_RANGE = [0.002, 0.015] as const;
/** Errors, in eye distances, by motion blur at an image speed of one eye distance per second. */
const BLUR_RANGE = [0.0003, 0.006] as const;
/**
 * Points that expressions move have larger errors than the points of the skull: 1.5 to 3.3 times in `measured.json`.
 */
const SOFT_FROM = MOTION_STIFF_COUNT;
/** Least distance to the camera, as a share of the usual distance. */
const NEAREST = 0.55;

/**
 * Model of the mesh and eye networks as measuring instruments: perspective, white noise as measured, and errors that
 * depend on pose, scale, position and blur. The networks are trained on heads. They report a part of a picture's
 * rotation as a rotation of the head, and give its flat face some depth.
 */
export class MeshView {
  readonly #draws: Draws;
  readonly #distance: number;
  readonly #pixels: number;
  readonly #seenTurn: number;
  readonly #relief: number;
  readonly #noise: number;
  readonly #softNoise: number;
  readonly #lidNoise: number;
  readonly #gazeNoise: number;
  readonly #open: number;
  readonly #waves: readonly Wave[];
  readonly #errors: readonly Float32Array[];
  readonly #lidErrors: readonly number[];
  readonly #gazeErrors: readonly (readonly [number, number])[];
  readonly #blur: number;
  #last: { readonly seconds: number; readonly x: number; readonly y: number } | null = null;

  constructor(draws: Draws) {
    this.#draws = draws;
    this.#distance = draws.between(5, 16);
    this.#pixels = draws.logBetween(32, 140);
    this.#seenTurn = draws.between(0, 0.6);
    this.#relief = draws.between(0, 0.6);
    this.#noise = draws.logBetween(0.0005, 0.006);
    this.#softNoise = draws.between(1, 2.2);
    // The networks read small or blurred eyes badly: in one face of six.
    const poor = draws.chance(0.16) ? draws.between(2, 8) : 1;
    this.#lidNoise = poor * draws.logBetween(0.005, 0.05);
    this.#gazeNoise = poor * draws.logBetween(0.001, 0.01);
    this.#open = draws.between(0.13, 0.24);
    this.#waves = Array.from({ length: WAVES }, () => drawWave(draws));
    const softer = draws.between(1.5, 3.5);
    const error = draws.logBetween(...ERROR_RANGE) * WAVE_SHARE;
    this.#errors = this.#waves.map(() => this.#drawField(error, softer));
    const lidError = draws.logBetween(...LID_ERROR_RANGE) * WAVE_SHARE;
    this.#lidErrors = this.#waves.map(() => lidError * draws.normal());
    const gazeError = draws.logBetween(...GAZE_ERROR_RANGE) * WAVE_SHARE;
    this.#gazeErrors = this.#waves.map(
      () => [gazeError * draws.normal(), gazeError * draws.normal()] as const,
    );
    this.#blur = draws.logBetween(...BLUR_RANGE);
  }

  look(seconds: number, scene: Scene): MotionPosture {
    const { points, scale, centre } = this.#project(scene);
    const last = this.#last;
    const speed =
      last === null || seconds <= last.seconds
        ? 0
        : Math.hypot(centre.x - last.x, centre.y - last.y) / (seconds - last.seconds);
    this.#last = { seconds, ...centre };
    const { yaw, pitch, roll } = scene.turn;
    const drivers = [yaw, pitch, roll + (scene.camera?.roll ?? 0), Math.log(scale), centre.x, centre.y];
    const waves = this.#waves.map(({ phase, along }) =>
      Math.sin(along.reduce((sum, rate, k) => sum + rate * drivers[k], phase)),
    );

    const mesh = new Float32Array(3 * LANDMARK_COUNT);
    const unit = scale * this.#pixels;
    for (const [i, landmark] of MOTION_POINTS.entries()) {
      const noise = Math.hypot(this.#noise, this.#blur * speed) * (i < SOFT_FROM ? 1 : this.#softNoise);
      for (let axis = 0; axis < 3; axis++) {
        let error = noise * this.#draws.normal();
        for (const [k, field] of this.#errors.entries()) error += waves[k] * field[3 * i + axis];
        mesh[3 * landmark + axis] = points[3 * i + axis] * this.#pixels + error * unit;
      }
    }
    const lidError = this.#lidErrors.reduce((sum, error, k) => sum + error * waves[k], 0);
    const blurred = 1 + 2 * speed * (this.#blur / BLUR_RANGE[1]);
    const openness = Math.max(
      0.02,
      this.#open * scene.lids * (1 + lidError + this.#lidNoise * blurred * this.#draws.normal()),
    );
    const gaze = (value: number, axis: 0 | 1) =>
      this.#gazeErrors.reduce((sum, error, k) => sum + error[axis] * waves[k], value) +
      this.#gazeNoise * blurred * this.#draws.normal();
    return motionPosture(seconds * 1000, {
      landmarks: mesh,
      eyes: { imageLeft: openness, imageRight: openness },
      gaze: { right: gaze(scene.gazeRight, 0), down: gaze(scene.gazeDown, 1) },
    });
  }

  /** Projects the points, in eye distances of the face at its usual distance; x and y from the image's centre. */
  #project({ shape, turn, shift, pivot, camera, flatness, bend }: Scene) {
    const full = rotation(turn.yaw, turn.pitch, turn.roll);
    const seen = rotation(turn.yaw * this.#seenTurn, turn.pitch * this.#seenTurn, turn.roll);
    const points = new Float32Array(shape.length);
    const away = Math.max(shift.z, -NEAREST * this.#distance);
    const middle = this.#distance / (this.#distance + away);
    let sumX = 0;
    let sumY = 0;
    for (let k = 0; k < shape.length; k += 3) {
      const x = shape[k] - pivot.x;
      const y = shape[k + 1] - pivot.y;
      const own = shape[k + 2];
      const z = flatness === 1 ? bend * shape[k] * shape[k] + this.#relief * own : own - pivot.z;
      const [u, v, w] = full(x, y, z);
      const depth = w + away + (flatness === 1 ? 0 : pivot.z);
      const zoom = this.#distance / Math.max(0.1 * this.#distance, this.#distance + depth);
      let px = (u + pivot.x + shift.x) * zoom;
      let py = (v + pivot.y + shift.y) * zoom;
      if (camera !== null) {
        const [cos, sin] = [Math.cos(camera.roll), Math.sin(camera.roll)];
        [px, py] = [px * cos - py * sin + camera.x, px * sin + py * cos + camera.y];
      }
      points[k] = px;
      points[k + 1] = py;
      points[k + 2] = (flatness === 1 ? seen(x, y, own)[2] : w) * middle;
      sumX += px;
      sumY += py;
    }
    const count = shape.length / 3;
    return { points, scale: middle, centre: { x: sumX / count, y: sumY / count } };
  }

  #drawField(size: number, softer: number): Float32Array {
    return Float32Array.from(
      { length: 3 * MOTION_POINTS.length },
      (_, k) => size * this.#draws.normal() * (k < 3 * SOFT_FROM ? 1 : softer),
    );
  }
}

interface Wave {
  readonly phase: number;
  /** Radians per unit of each variable. */
  readonly along: readonly number[];
}

/** Scales the sum of the waves to a root mean square of 1. */
const WAVE_SHARE = Math.sqrt(2 / WAVES);

function drawWave(draws: Draws): Wave {
  return {
    phase: 2 * Math.PI * draws.unit(),
    along: Object.values(DRIVERS).map(([slow, fast]) => draws.logBetween(slow, fast) * draws.normal()),
  };
}

function rotation(yaw: number, pitch: number, roll: number) {
  const [cy, sy] = [Math.cos(yaw), Math.sin(yaw)];
  const [cp, sp] = [Math.cos(pitch), Math.sin(pitch)];
  const [cr, sr] = [Math.cos(roll), Math.sin(roll)];
  return (x: number, y: number, z: number): readonly [number, number, number] => {
    const u = cr * x - sr * y;
    const v = sr * x + cr * y;
    const nodded = cp * v - sp * z;
    const depth = sp * v + cp * z;
    return [cy * u - sy * depth, nodded, sy * u + cy * depth];
  };
}
