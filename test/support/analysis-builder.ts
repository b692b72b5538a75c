import type { PublicStatus } from '../../protocol/status.ts';
import type {
  Embeddings,
  EyeOpenness,
  FaceAnalysis,
  FrameAnalysis,
  Quality,
} from '../../server/vision/analysis.ts';
import type { AnalysisOptions } from '../../server/vision/analysis.ts';
import type { FlashColours } from '../../server/vision/flash-colours.ts';
import type { Mouth } from '../../server/vision/mouth.ts';
import type { TurnRelief } from '../../server/vision/relief/turn-relief.ts';

const WIDTH = 640;
const HEIGHT = 480;

/** What one frame of a scripted subject shows; whatever is left out is as good as it can be. */
export interface Look {
  readonly found?: boolean;
  /** Why no face is found. */
  readonly why?: 'no-face' | 'unclear-face' | 'turned-face';
  readonly yawDeg?: number;
  readonly pitchDeg?: number;
  readonly mouth?: Partial<Mouth>;
  /** Lid opening as a share of this subject's open eyes. */
  readonly openness?: number;
  readonly identity?: Identity;
  readonly faceCount?: number;
  readonly centreX?: number;
  readonly size?: number;
  readonly followed?: boolean;
  readonly quality?: Partial<Quality>;
  readonly bonaFideProbability?: number;
  /** What a window of motion that goes with the frame is said to be. */
  readonly livingMotionProbability?: number;
  /** Of skin and background; in a light that does not change unless said otherwise. */
  readonly colours?: FlashColours;
  /** What a turned face shows; null: none of its skin is found again. */
  readonly relief?: TurnRelief | null;
  /** Pictures with the same one are the same picture. */
  readonly picture?: string;
  /** Another session has shown the picture. */
  readonly seenBefore?: boolean;
  /** Camera noise and sway, 0 for none. */
  readonly sway?: number;
}

const ROOM_LIGHT: FlashColours = {
  face: { red: 170, green: 125, blue: 105, pixels: 3_000 },
  background: { red: 120, green: 122, blue: 118, pixels: 2_000 },
};

/** What a living head shows in a turn. */
export const HEAD_RELIEF: TurnRelief = {
  move: 'turn',
  product: 0.9,
  square: 1,
  besideNose: { product: 0.9, square: 1 },
  keptShare: 0.6,
  hairFlow: 0.5,
  shading: 0.04,
};

/** What a turned picture shows, however it is bent. */
export const FLAT_RELIEF: TurnRelief = {
  move: 'turn',
  product: 0.2,
  square: 1,
  besideNose: { product: 0.2, square: 1 },
  keptShare: 0.8,
  hairFlow: 0,
  shading: 0.003,
};

/** A made-up face: a direction in each network's space. Two identities are orthogonal, so never mistaken. */
export interface Identity {
  readonly axis: number;
  /** Mixed with another one, of which it has a share of 0..1. */
  readonly mixed?: { readonly axis: number; readonly share: number };
}

export const ALICE: Identity = { axis: 0 };
export const BOB: Identity = { axis: 1 };

/** A small generator with a seed (mulberry32), for noise that is the same in every run. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * An embedding near the identity's own direction: the cosine of two of them is about 1 / (1 + noise²). faceres and
 * dlib get a common part as well, for their impostors' cosines are far from zero.
 */
export function embeddingsOf(identity: Identity, noise: number, random: () => number): Required<Embeddings> {
  return {
    mobilefacenet: embedding(identity, 0, noise, random),
    faceres: embedding(identity, 0.6, noise, random),
    dlib: embedding(identity, 2.2, noise / 4, random),
  };
}

function embedding(
  { axis, mixed = { axis, share: 0 } }: Identity,
  common: number,
  noise: number,
  random: () => number,
): Float32Array {
  const length = 64;
  const vector = Float32Array.from({ length }, () => ((random() - 0.5) * 3.4 * noise) / Math.sqrt(length));
  vector[axis] += 1 - mixed.share;
  vector[mixed.axis] += mixed.share;
  vector[length - 1] += common;
  const norm = Math.hypot(...vector);
  return vector.map((value) => value / norm);
}

/** A frame as the analyzer would report it, with only what was wanted. */
export function analysisOf(
  look: Look,
  wants: AnalysisOptions,
  models: Loaded,
  random: () => number,
): FrameAnalysis {
  const frame = {
    width: WIDTH,
    height: HEIGHT,
    blocks: [],
    pixelDigest: look.picture ?? `picture-${random()}`,
    ...(wants.motion !== undefined && models.motion === true
      ? { livingMotionProbability: look.livingMotionProbability ?? 0.85 }
      : {}),
  };
  const why = look.why ?? 'no-face';
  if (look.found === false) {
    const sought = wants.seekTurned === true ? { soughtTurned: true as const } : {};
    const seen = why === 'turned-face' && wants.seekTurned !== true ? 'no-face' : why;
    return { ...frame, ...sought, face: { found: false, why: seen }, faceCount: 0 };
  }
  const value = faceOf(look, wants, models, random);
  const counted = wants.countFaces || !value.followed;
  return { ...frame, face: { found: true, value }, ...(counted ? { faceCount: look.faceCount ?? 1 } : {}) };
}

export interface Loaded {
  readonly embeddings: readonly (keyof Embeddings)[];
  readonly pad: readonly string[];
  readonly motion?: boolean;
}

function faceOf(look: Look, wants: AnalysisOptions, models: Loaded, random: () => number): FaceAnalysis {
  const sway = look.sway ?? 1;
  const jitter = (range: number) => (random() - 0.5) * 2 * range * sway;
  const size = look.size ?? 200;
  const centreX = (look.centreX ?? WIDTH / 2) + jitter(2);
  const centreY = HEIGHT / 2 + jitter(2);
  const open = 0.18 * (look.openness ?? 1);
  const eyes: EyeOpenness = { imageLeft: open + jitter(0.008), imageRight: open + jitter(0.008) };
  const embeddings = wants.embeddings ? pickModels(look, models, random) : null;
  const relief = look.relief === undefined ? HEAD_RELIEF : look.relief;
  // Scripted heads turn in one step, so that the widest turns count too.
  const moved = wants.relief?.find(
    ({ move, minDeg }) => Math.abs((move === 'turn' ? look.yawDeg : look.pitchDeg) ?? 0) >= minDeg,
  );
  return {
    presence: 0.999,
    region: { centreX, centreY, size, angleRad: jitter(0.01) },
    box: { x: centreX - size / 3, y: centreY - size / 2.4, width: size / 1.5, height: size / 1.2 },
    landmarks: landmarksAt(centreX, centreY, size),
    pose: {
      yawDeg: (look.yawDeg ?? 0) + jitter(0.8),
      pitchDeg: (look.pitchDeg ?? 0) + jitter(0.8),
      rollDeg: 0,
    },
    eyes,
    mouth: { opening: 0.03, width: 0.53, cornerLift: -0.01, ...look.mouth },
    quality: {
      interEyePx: size * 0.3,
      sharpness: 200,
      brightness: 120,
      clippedShare: 0.02,
      occlusion: 0,
      insideShare: 1,
      ...look.quality,
    },
    followed: look.followed ?? true,
    ...(embeddings === null ? {} : { embeddings }),
    ...(moved !== undefined && relief !== null ? { relief: { ...relief, move: moved.move } } : {}),
    ...(wants.texture === true ? { textured: true } : {}),
    ...(wants.colours === true ? { colours: look.colours ?? ROOM_LIGHT } : {}),
    ...(wants.pad && models.pad.length > 0
      ? { bonaFideProbability: look.bonaFideProbability ?? 0.93 + jitter(0.05) }
      : {}),
  };
}

function pickModels(look: Look, models: Loaded, random: () => number): Embeddings {
  const all = embeddingsOf(look.identity ?? ALICE, 0.35, random);
  return Object.fromEntries(models.embeddings.map((model) => [model, all[model]]));
}

const RING = Array.from({ length: 468 }, (_, i) => {
  const angle = (2 * Math.PI * i) / 468;
  return { cos: Math.cos(angle), sin: Math.sin(angle) };
});

/** All 468 points on one small ring: enough for what only asks whether they move. */
function landmarksAt(centreX: number, centreY: number, size: number): Float32Array {
  const landmarks = new Float32Array(3 * RING.length);
  for (const [i, { cos, sin }] of RING.entries()) {
    landmarks[3 * i] = centreX + (size / 3) * cos;
    landmarks[3 * i + 1] = centreY + (size / 3) * sin;
  }
  return landmarks;
}

/** What a subject looks like at a moment, given what the server last told the client. */
export type Script = (atMs: number, status: PublicStatus | null) => Look;
