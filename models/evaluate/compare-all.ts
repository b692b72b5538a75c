import type { EmbeddingModelId } from '../ids.ts';
import type { EmbeddingMatrix, Faces } from './faces.ts';

/** The cosine similarities of one comparison, by network. The object is reused for the next comparison. */
export type Cosines = Record<EmbeddingModelId, number>;

/** Called for each comparison. `cosines` is valid during the call only. */
type PairVisitor = (probe: number, reference: number, cosines: Readonly<Cosines>) => void;

/** Rows of a tile. Two tiles of 1024-dimensional embeddings take half a megabyte, which fits a processor's cache. */
const TILE = 64;

/**
 * Compares every row of `probes` with every row of `references` once. When both are the same set, every pair of
 * different rows is compared once, with `probe` < `reference`. `onRows` receives the number of probe rows that are
 * done.
 */
export function compareAll(
  probes: Faces,
  references: Faces,
  visit: PairVisitor,
  onRows: (done: number) => void = () => {},
): void {
  const isSame = probes === references;
  const pairs = probes.matrices.flatMap((a) => {
    const b = references.matrices.find(({ model }) => model === a.model);
    return b === undefined ? [] : [{ a, b, scores: new Float32Array(TILE * TILE) }];
  });
  const cosines: Cosines = { faceres: Number.NaN, dlib: Number.NaN, mobilefacenet: Number.NaN };
  for (let top = 0; top < probes.count; top += TILE) {
    const bottom = Math.min(top + TILE, probes.count);
    for (let left = isSame ? top : 0; left < references.count; left += TILE) {
      const right = Math.min(left + TILE, references.count);
      for (const { a, b, scores } of pairs) multiply(a, b, top, bottom, left, right, scores);
      for (let i = top; i < bottom; i++) {
        for (let j = isSame ? Math.max(left, i + 1) : left; j < right; j++) {
          const at = (i - top) * TILE + (j - left);
          for (const { a, scores } of pairs) cosines[a.model] = scores[at];
          visit(i, j, cosines);
        }
      }
    }
    onRows(bottom);
  }
}

/** The cosine similarities of two rows by network; NaN where one of the sets lacks the network. */
export function compareRows(probes: Faces, i: number, references: Faces, j: number): Cosines {
  const cosines: Cosines = { faceres: Number.NaN, dlib: Number.NaN, mobilefacenet: Number.NaN };
  for (const { model, dimensions, data } of probes.matrices) {
    const other = references.matrices.find((matrix) => matrix.model === model);
    if (other === undefined) continue;
    let sum = 0;
    for (let k = 0; k < dimensions; k++) sum += data[i * dimensions + k] * other.data[j * dimensions + k];
    cosines[model] = sum;
  }
  return cosines;
}

/** Computes four columns at a time: each value of the probe is read once for four products. */
function multiply(
  a: EmbeddingMatrix,
  b: EmbeddingMatrix,
  top: number,
  bottom: number,
  left: number,
  right: number,
  out: Float32Array,
): void {
  const { dimensions: n, data: p } = a;
  const q = b.data;
  for (let i = top; i < bottom; i++) {
    const row = (i - top) * TILE;
    const start = i * n;
    let j = left;
    for (; j + 4 <= right; j += 4) {
      const [j0, j1, j2, j3] = [j * n, (j + 1) * n, (j + 2) * n, (j + 3) * n];
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      for (let k = 0; k < n; k++) {
        const value = p[start + k];
        s0 += value * q[j0 + k];
        s1 += value * q[j1 + k];
        s2 += value * q[j2 + k];
        s3 += value * q[j3 + k];
      }
      const at = row + j - left;
      out[at] = s0;
      out[at + 1] = s1;
      out[at + 2] = s2;
      out[at + 3] = s3;
    }
    for (; j < right; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += p[start + k] * q[j * n + k];
      out[row + j - left] = sum;
    }
  }
}
