import type { ShapedFloats } from './shape.ts';

/** Reorders the axes of a row-major array: axis i of the result is axis `permutation[i]` of the source. */
export function transpose(source: ShapedFloats, permutation: readonly number[]): ShapedFloats {
  const strides = source.shape.map(() => 0);
  let stride = 1;
  for (let axis = source.shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= source.shape[axis];
  }
  const shape = permutation.map((axis) => source.shape[axis]);
  const steps = permutation.map((axis) => strides[axis]);
  const data = new Float32Array(source.data.length);
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < data.length; to++) {
    data[to] = source.data[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += steps[axis];
      if (++index[axis] < shape[axis]) break;
      from -= steps[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return { shape, data };
}
