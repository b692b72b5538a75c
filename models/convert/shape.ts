/** A row-major array with its shape. */
export interface ShapedFloats {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** How many values a shape holds; 1 for rank 0. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}
