/** A row-major array with its shape. */
export interface ShapedFloats {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Number of values in an array of this shape; 1 for rank 0. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}
