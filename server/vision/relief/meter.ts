import type { Pose, ReliefMove } from '../analysis.ts';
import type { RgbImage } from '../image.ts';
import { headPose } from '../pose.ts';
import { landmarkBounds, leftEyeCentre, rightEyeCentre } from '../landmarks.ts';
import { midpoint, type Box, type Point } from '../geometry.ts';
import { confirmedRelief, type FoundPatches, type ReliefSums } from './confirmed-relief.ts';
import { PATCH_RADIUS, PatchMatcher, type NormalisedPlane, type Place } from './patches.ts';
import { shadingChange } from './shading.ts';
import { SKIN_PATCHES } from './skin-patches.ts';
import { eyeDistanceOf, LumaSampler, TEXELS, TEXTURE, writePlaces } from './texture.ts';

/**
 * A face at rest, as later pictures of a turn are compared with it. A person can be recognised in it: like a frame, it
 * is kept in memory only, and no longer than its session.
 */
export interface RestTexture {
  /** The face laid flat: luma 1..255, 0 where the picture ends. */
  readonly texels: Uint8Array;
  /** Where the picture has each of `SKIN_PATCHES`: x and y in pixels. */
  readonly places: Float32Array;
  /** The hair and what is around it, upright, `SURROUND` cells of luma. */
  readonly surround: Uint8Array;
  /** The point between the eyes, and their distance, in pixels. */
  readonly between: Point;
  readonly eyeDistance: number;
  readonly box: Box;
  readonly pose: Pose;
}

/** What a turned face shows against one picture of it at rest. */
interface PairRelief extends ReliefSums {
  /** The same without the nose; null: too few patches. */
  readonly besideNose: ReliefSums | null;
  /** Share of the patches of skin that were found again, 0..1. */
  readonly keptShare: number;
  /** How far the hair above the face went, as a share of the way of the face; null: not to be told, or told before. */
  readonly hairFlow: number | null;
  /** How much the light on the skin changed, see `shadingChange`; null: not to be told. */
  readonly shading: number | null;
}

/** The part of the picture above and beside the face: cells, and cells between the eyes. */
const SURROUND = { width: 76, height: 42, eyeDistance: 20, originX: 38, originY: 36 } as const;
/** Cells around it that are searched in the turned picture. */
const MARGIN_X = 14;
const MARGIN_Y = 6;
const WIDE = { width: SURROUND.width + 2 * MARGIN_X, height: SURROUND.height + 2 * MARGIN_Y } as const;
const HAIR_SPACING = 5;
/** The hair: a ring around the face's ellipse, in its half-axes, above its middle. */
const HAIR_FROM = 1.05;
const HAIR_TO = 1.5;
const HAIR_ABOVE = -0.3;

/** How far a patch is looked for, in texels: a narrower search takes failures for agreement. */
const REACH = 7;
const MIN_CORRELATION = 0.6;
/** A patch that is found again must lead back to where it came from, within so many cells. */
const MAX_RETURN = 0.75;
/** The face must move this share of the eye distance before the hair's way is told against it. */
const MIN_FACE_FLOW = 0.08;
const MIN_HAIR_PATCHES = 6;

interface Turned {
  readonly places: Float32Array;
  readonly plane: NormalisedPlane;
}

/** Makes textures of faces at rest, and measures turns against them. Holds buffers, so each thread needs its own. */
export class ReliefMeter {
  readonly #sampler = new LumaSampler();
  readonly #matcher = new PatchMatcher();
  readonly #places = new Float32Array(2 * TEXELS);
  readonly #texels = new Uint8Array(TEXELS);
  readonly #widePlaces = new Float32Array(2 * WIDE.width * WIDE.height);
  readonly #wide = new Uint8Array(WIDE.width * WIDE.height);
  readonly #found = {
    rest: new Float32Array(2 * SKIN_PATCHES.length),
    seen: new Float32Array(2 * SKIN_PATCHES.length),
    mesh: new Float32Array(2 * SKIN_PATCHES.length),
  };
  readonly #onNose = new Uint8Array(SKIN_PATCHES.length);
  readonly #shades = {
    texels: new Float32Array(2 * SKIN_PATCHES.length),
    lumas: new Float32Array(2 * SKIN_PATCHES.length),
  };

  /** The texture of a face. */
  texture(image: RgbImage, landmarks: Float32Array): RestTexture {
    const eyeDistance = eyeDistanceOf(landmarks);
    const between = midpoint(leftEyeCentre(landmarks), rightEyeCentre(landmarks));
    this.#unwrap(image, landmarks, eyeDistance);
    const places = Float32Array.from({ length: 2 * SKIN_PATCHES.length }, (_, i) => {
      const { x, y } = SKIN_PATCHES[i >> 1];
      return this.#places[2 * (y * TEXTURE.width + x) + (i & 1)];
    });
    const surround = new Uint8Array(SURROUND.width * SURROUND.height);
    const { width, height } = SURROUND;
    this.#surround(image, between, eyeDistance, 0, 0, width, height, surround);
    return {
      texels: this.#texels.slice(),
      places,
      surround,
      between,
      eyeDistance,
      box: landmarkBounds(landmarks),
      pose: headPose(landmarks),
    };
  }

  /** Measures a moved face against itself at rest. Leaves out rests of which too few patches are found again. */
  measure(
    image: RgbImage,
    landmarks: Float32Array,
    rests: readonly RestTexture[],
    move: ReliefMove,
  ): PairRelief[] {
    this.#unwrap(image, landmarks, eyeDistanceOf(landmarks));
    const { width, height } = TEXTURE;
    const turned = { places: this.#places, plane: this.#matcher.normalise(this.#texels, width, height) };
    const pairs: PairRelief[] = [];
    for (const rest of rests) {
      const isHairKnown = pairs.some(({ hairFlow }) => hairFlow !== null);
      const pair = this.#measurePair(image, turned, rest, move, isHairKnown);
      if (pair !== null) pairs.push(pair);
    }
    return pairs;
  }

  #measurePair(
    image: RgbImage,
    turned: Turned,
    rest: RestTexture,
    move: ReliefMove,
    isHairKnown: boolean,
  ): PairRelief | null {
    const { width, height } = TEXTURE;
    const atRest = this.#matcher.normalise(rest.texels, width, height);
    const count = this.#findSkin(atRest, rest, turned);
    const sums = confirmedRelief({ count, ...this.#found }, rest.eyeDistance);
    if (sums === null) return null;
    // The hair is as costly as the face, and the same against each rest.
    const hairFlow = isHairKnown ? null : this.#hairFlow(image, rest, count);
    return {
      ...sums,
      besideNose: confirmedRelief(this.#withoutNose(count), rest.eyeDistance),
      keptShare: count / SKIN_PATCHES.length,
      hairFlow,
      shading: shadingChange({ count, ...this.#shades }, move),
    };
  }

  /** The found patches that are not on the nose; moves them to the front of `#found`. */
  #withoutNose(count: number): FoundPatches {
    const { rest, seen, mesh } = this.#found;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      if (this.#onNose[i] === 1) continue;
      for (const places of [rest, seen, mesh]) places.copyWithin(2 * kept, 2 * i, 2 * i + 2);
      kept++;
    }
    return { count: kept, rest, seen, mesh };
  }

  #unwrap(image: RgbImage, landmarks: Float32Array, eyeDistance: number): void {
    writePlaces(landmarks, this.#places);
    const block = Math.max(1, Math.round(eyeDistance / TEXTURE.eyeDistance));
    this.#sampler.sample(image, this.#places, TEXELS, block, this.#texels);
  }

  /** Fills `#found`; returns the number of patches. */
  #findSkin(atRest: NormalisedPlane, rest: RestTexture, turned: Turned): number {
    let count = 0;
    for (const [i, { x, y, isNose }] of SKIN_PATCHES.entries()) {
      const there = this.#confirmed(atRest, { x, y }, turned.plane, { x, y }, REACH, REACH);
      if (there === null) continue;
      const seenX = placeBetween(turned.places, 0, x + there.dx, y + there.dy);
      const seenY = placeBetween(turned.places, 1, x + there.dx, y + there.dy);
      if (Number.isNaN(seenX) || Number.isNaN(seenY)) continue;
      const at = 2 * (y * TEXTURE.width + x);
      const { rest: from, seen, mesh } = this.#found;
      from[2 * count] = rest.places[2 * i];
      from[2 * count + 1] = rest.places[2 * i + 1];
      seen[2 * count] = seenX;
      seen[2 * count + 1] = seenY;
      mesh[2 * count] = turned.places[at];
      mesh[2 * count + 1] = turned.places[at + 1];
      this.#onNose[count] = isNose ? 1 : 0;
      const { texels, lumas } = this.#shades;
      texels[2 * count] = x;
      texels[2 * count + 1] = y;
      lumas[2 * count] = patchLuma(rest.texels, x, y);
      lumas[2 * count + 1] = patchLuma(this.#texels, x + Math.round(there.dx), y + Math.round(there.dy));
      count++;
    }
    return count;
  }

  /** Where a patch is found again, if that place leads back to the patch. */
  #confirmed(
    from: NormalisedPlane,
    at: Place,
    to: NormalisedPlane,
    centre: Place,
    reachX: number,
    reachY: number,
  ): { readonly dx: number; readonly dy: number } | null {
    const there = this.#matcher.find(from, at, to, centre, reachX, reachY);
    if (there === null || there.correlation < MIN_CORRELATION) return null;
    const dx = Math.round(there.dx);
    const dy = Math.round(there.dy);
    const found = { x: centre.x + dx, y: centre.y + dy };
    const back = this.#matcher.find(to, found, from, at, reachX, reachY);
    if (back === null || Math.hypot(back.dx + there.dx - dx, back.dy + there.dy - dy) > MAX_RETURN)
      return null;
    return there;
  }

  #hairFlow(image: RgbImage, rest: RestTexture, count: number): number | null {
    const flow = this.#faceFlow(rest, count);
    const squared = flow.x * flow.x + flow.y * flow.y;
    if (squared < (MIN_FACE_FLOW * rest.eyeDistance) ** 2) return null;
    const { between: middle, eyeDistance } = rest;
    const { width, height } = SURROUND;
    this.#surround(image, middle, eyeDistance, MARGIN_X, MARGIN_Y, WIDE.width, WIDE.height, this.#wide);
    const atRest = this.#matcher.normalise(rest.surround, width, height);
    const turned = this.#matcher.normalise(this.#wide, WIDE.width, WIDE.height);
    const cell = eyeDistance / SURROUND.eyeDistance;
    const ways: number[] = [];
    for (let y = 0; y < height; y += HAIR_SPACING) {
      for (let x = 0; x < width; x += HAIR_SPACING) {
        if (!isHair(x, y, rest)) continue;
        const there = this.#confirmed(
          atRest,
          { x, y },
          turned,
          { x: x + MARGIN_X, y: y + MARGIN_Y },
          MARGIN_X,
          MARGIN_Y,
        );
        if (there !== null) ways.push((cell * (there.dx * flow.x + there.dy * flow.y)) / squared);
      }
    }
    return ways.length < MIN_HAIR_PATCHES ? null : middleOf(ways);
  }

  /** How far the middle of the face went, in pixels. */
  #faceFlow({ box }: RestTexture, count: number): Point {
    const { rest, seen } = this.#found;
    const across: number[] = [];
    const down: number[] = [];
    for (let i = 0; i < count; i++) {
      const [x, y] = [rest[2 * i], rest[2 * i + 1]];
      const u = (2 * (x - box.x)) / box.width - 1;
      const v = (2 * (y - box.y)) / box.height - 1;
      if (u * u + v * v > 0.25) continue;
      across.push(seen[2 * i] - x);
      down.push(seen[2 * i + 1] - y);
    }
    return across.length === 0 ? { x: 0, y: 0 } : { x: middleOf(across), y: middleOf(down) };
  }

  #surround(
    image: RgbImage,
    middle: Point,
    eyeDistance: number,
    marginX: number,
    marginY: number,
    width: number,
    height: number,
    out: Uint8Array,
  ): void {
    const cell = eyeDistance / SURROUND.eyeDistance;
    const places = this.#widePlaces;
    for (let y = 0, at = 0; y < height; y++) {
      for (let x = 0; x < width; x++, at += 2) {
        places[at] = middle.x + (x + 0.5 - marginX - SURROUND.originX) * cell;
        places[at + 1] = middle.y + (y + 0.5 - marginY - SURROUND.originY) * cell;
      }
    }
    this.#sampler.sample(image, places, width * height, Math.max(1, Math.round(cell)), out);
  }
}

function isHair(x: number, y: number, { box, between: middle, eyeDistance }: RestTexture): boolean {
  const cell = eyeDistance / SURROUND.eyeDistance;
  const px = middle.x + (x + 0.5 - SURROUND.originX) * cell;
  const py = middle.y + (y + 0.5 - SURROUND.originY) * cell;
  const u = (2 * (px - box.x)) / box.width - 1;
  const v = (2 * (py - box.y)) / box.height - 1;
  const radius = Math.hypot(u, v);
  return radius >= HAIR_FROM && radius <= HAIR_TO && v < HAIR_ABOVE;
}

/** The mean of a patch of texels; 0 where half of it and more is unknown. */
function patchLuma(texels: Uint8Array, x: number, y: number): number {
  const { width, height } = TEXTURE;
  let [sum, known, all] = [0, 0, 0];
  for (let row = Math.max(0, y - PATCH_RADIUS); row <= Math.min(height - 1, y + PATCH_RADIUS); row++) {
    for (
      let at = row * width + Math.max(0, x - PATCH_RADIUS);
      at <= row * width + Math.min(width - 1, x + PATCH_RADIUS);
      at++
    ) {
      all++;
      if (texels[at] === 0) continue;
      sum += texels[at];
      known++;
    }
  }
  return 2 * known > all ? sum / known : 0;
}

/** A coordinate (0: x, 1: y) of the places between texels; NaN where a neighbour is off the face. */
function placeBetween(places: Float32Array, axis: number, x: number, y: number): number {
  const column = Math.floor(x);
  const row = Math.floor(y);
  const { width, height } = TEXTURE;
  if (column < 0 || row < 0 || column >= width - 1 || row >= height - 1) return Number.NaN;
  const [a, b] = [x - column, y - row];
  const at = 2 * (row * width + column) + axis;
  const upper = places[at] + a * (places[at + 2] - places[at]);
  const next = at + 2 * width;
  return upper + b * (places[next] + a * (places[next + 2] - places[next]) - upper);
}

function middleOf(values: number[]): number {
  values.sort((a, b) => a - b);
  return values[values.length >> 1];
}
