/** A plane of luma, made comparable: each value against the mean and the deviation of its surroundings; 0: unknown. */
export interface NormalisedPlane {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
  /**
   * Square root of the energy of the patch around each place; 0 where it reaches beyond the plane or has no texture.
   */
  readonly norms: Float32Array;
}

/** A patch has 2 × this + 1 columns and rows. */
export const PATCH_RADIUS = 4;
const PATCH_SIDE = 2 * PATCH_RADIUS + 1;
/** Half the side of the square whose mean and deviation normalise a value. */
const NORMALISE_RADIUS = 5;
/** Added to the variance in squared grey levels, so that camera noise on plain skin is not made into texture. */
const NOISE_VARIANCE = 4;
/** A patch must have this much of a textured patch's energy. */
const MIN_ENERGY_SHARE = 0.05;

export interface Place {
  readonly x: number;
  readonly y: number;
}

/** No correlation is this low. */
const UNTRIED = -2;

/** A place in the other plane that shows the same patch: the displacement in whole and parts of cells. */
export interface Match {
  readonly dx: number;
  readonly dy: number;
  /** Normalised cross-correlation, -1..1. */
  readonly correlation: number;
}

/** Normalises planes and finds patches of one in another. Holds buffers, so each thread needs its own. */
export class PatchMatcher {
  readonly #patch = new Float32Array(PATCH_SIDE * PATCH_SIDE);
  #scores = new Float32Array(0);
  #sums = new Float64Array(0);
  #squares = new Float64Array(0);
  #counts = new Float64Array(0);

  /** Normalises a plane of luma, in which 0 is unknown. */
  normalise(luma: Uint8Array, width: number, height: number): NormalisedPlane {
    const stride = width + 1;
    this.#grow(stride * (height + 1));
    this.#integrate(width, height, (at) => luma[at]);
    const values = new Float32Array(width * height);
    for (let y = 0; y < height; y++) {
      const top = Math.max(0, y - NORMALISE_RADIUS) * stride;
      const bottom = Math.min(height, y + NORMALISE_RADIUS + 1) * stride;
      for (let x = 0; x < width; x++) {
        const value = luma[y * width + x];
        if (value === 0) continue;
        const left = Math.max(0, x - NORMALISE_RADIUS);
        const right = Math.min(width, x + NORMALISE_RADIUS + 1);
        const count = boxOf(this.#counts, top, bottom, left, right);
        const mean = boxOf(this.#sums, top, bottom, left, right) / count;
        const variance = boxOf(this.#squares, top, bottom, left, right) / count - mean * mean;
        values[y * width + x] = (value - mean) / Math.sqrt(Math.max(0, variance) + NOISE_VARIANCE);
      }
    }
    return { width, height, values, norms: this.#norms(values, width, height) };
  }

  /**
   * Where the patch around (x, y) of `from` is in `to`: around (toX, toY), at most `reachX` columns and `reachY` rows
   * away. Every second place is tried, then the neighbours of the best one, as long as they are better. Null when the
   * patch has no texture, or when the best place lies on the edge of what was searched.
   */
  find(
    from: NormalisedPlane,
    { x, y }: Place,
    to: NormalisedPlane,
    { x: toX, y: toY }: Place,
    reachX: number,
    reachY: number,
  ): Match | null {
    const norm = from.norms[y * from.width + x];
    if (norm === 0) return null;
    this.#copyPatch(from, x, y);
    const columns = 2 * reachX + 1;
    const cells = columns * (2 * reachY + 1);
    if (this.#scores.length < cells) this.#scores = new Float32Array(cells);
    const scores = this.#scores.fill(UNTRIED, 0, cells);
    const scoreAt = (dx: number, dy: number) => {
      const at = (dy + reachY) * columns + dx + reachX;
      if (scores[at] === UNTRIED) scores[at] = this.#correlation(to, toX + dx, toY + dy) / norm;
      return scores[at];
    };
    let best = -1;
    let [dx, dy] = [0, 0];
    for (let down = 1 - reachY; down < reachY; down += 2) {
      for (let across = 1 - reachX; across < reachX; across += 2) {
        const score = scoreAt(across, down);
        if (score > best) [best, dx, dy] = [score, across, down];
      }
    }
    for (let [fromX, fromY, isBest] = [dx, dy, false]; !isBest; [fromX, fromY] = [dx, dy]) {
      if (Math.abs(fromX) === reachX || Math.abs(fromY) === reachY) return null;
      isBest = true;
      for (let down = fromY - 1; down <= fromY + 1; down++) {
        for (let across = fromX - 1; across <= fromX + 1; across++) {
          const score = scoreAt(across, down);
          if (score > best) [best, dx, dy, isBest] = [score, across, down, false];
        }
      }
    }
    return {
      dx: dx + vertex(scoreAt(dx - 1, dy), best, scoreAt(dx + 1, dy)),
      dy: dy + vertex(scoreAt(dx, dy - 1), best, scoreAt(dx, dy + 1)),
      correlation: best,
    };
  }

  /** The copied patch times that around (x, y), over the norm of the latter; -1 where there is none. */
  #correlation(to: NormalisedPlane, x: number, y: number): number {
    const { width, height, values, norms } = to;
    if (x < 0 || y < 0 || x >= width || y >= height) return -1;
    const norm = norms[y * width + x];
    if (norm === 0) return -1;
    const patch = this.#patch;
    let sum = 0;
    let at = (y - PATCH_RADIUS) * width + x - PATCH_RADIUS;
    // Written out, a row takes half the time of a loop: most of the time of a turn is spent here.
    for (let from = 0; from < PATCH_SIDE * PATCH_SIDE; from += PATCH_SIDE, at += width)
      sum +=
        patch[from] * values[at] +
        patch[from + 1] * values[at + 1] +
        patch[from + 2] * values[at + 2] +
        patch[from + 3] * values[at + 3] +
        patch[from + 4] * values[at + 4] +
        patch[from + 5] * values[at + 5] +
        patch[from + 6] * values[at + 6] +
        patch[from + 7] * values[at + 7] +
        patch[from + 8] * values[at + 8];
    return sum / norm;
  }

  #copyPatch({ width, values }: NormalisedPlane, x: number, y: number): void {
    for (let row = 0; row < PATCH_SIDE; row++) {
      const start = (y - PATCH_RADIUS + row) * width + x - PATCH_RADIUS;
      for (let column = 0; column < PATCH_SIDE; column++)
        this.#patch[row * PATCH_SIDE + column] = values[start + column];
    }
  }

  #norms(values: Float32Array, width: number, height: number): Float32Array {
    const stride = width + 1;
    this.#integrate(width, height, (at) => values[at]);
    const norms = new Float32Array(width * height);
    const least = MIN_ENERGY_SHARE * PATCH_SIDE * PATCH_SIDE;
    for (let y = PATCH_RADIUS; y < height - PATCH_RADIUS; y++) {
      const top = (y - PATCH_RADIUS) * stride;
      const bottom = (y + PATCH_RADIUS + 1) * stride;
      for (let x = PATCH_RADIUS; x < width - PATCH_RADIUS; x++) {
        const energy = boxOf(this.#squares, top, bottom, x - PATCH_RADIUS, x + PATCH_RADIUS + 1);
        if (energy > least) norms[y * width + x] = Math.sqrt(energy);
      }
    }
    return norms;
  }

  #grow(length: number): void {
    if (this.#sums.length >= length) return;
    this.#sums = new Float64Array(length);
    this.#squares = new Float64Array(length);
    this.#counts = new Float64Array(length);
  }

  /** Integral images of the values, their squares and the number of those that are known. */
  #integrate(width: number, height: number, valueAt: (at: number) => number): void {
    const stride = width + 1;
    this.#sums.fill(0, 0, stride);
    this.#squares.fill(0, 0, stride);
    this.#counts.fill(0, 0, stride);
    for (let y = 0; y < height; y++) {
      let [sum, squares, count] = [0, 0, 0];
      let at = (y + 1) * stride;
      this.#sums[at] = 0;
      this.#squares[at] = 0;
      this.#counts[at] = 0;
      for (let x = 0; x < width; x++) {
        const value = valueAt(y * width + x);
        sum += value;
        squares += value * value;
        if (value !== 0) count++;
        at++;
        this.#sums[at] = this.#sums[at - stride] + sum;
        this.#squares[at] = this.#squares[at - stride] + squares;
        this.#counts[at] = this.#counts[at - stride] + count;
      }
    }
  }
}

function boxOf(integral: Float64Array, top: number, bottom: number, left: number, right: number): number {
  return integral[bottom + right] - integral[top + right] - integral[bottom + left] + integral[top + left];
}

/** Where a parabola through three equally spaced scores has its vertex, -.5..5 from the middle one. */
function vertex(before: number, middle: number, after: number): number {
  const curvature = before - 2 * middle + after;
  return curvature < 0 ? Math.max(-0.5, Math.min(0.5, (before - after) / (2 * curvature))) : 0;
}
