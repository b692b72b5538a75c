import type { OnnxGraph } from './onnx-graph.ts';

/**
 * Emits PReLU as x + (1 − slope)·relu(−x), which is exact; the products are depthwise 1×1 convolutions. PReLU is x for
 * x ≥ 0 and slope·x below, with one slope for each channel. ONNX Runtime's CPU kernel of PRelu has no blocked layout
 * and requires reorders around it: mesh and iris take more than three times as long with it. Two nodes of this form
 * remain, because relu and the addition are fused into the convolutions. The form x + relu((slope − 1)·x) fuses less
 * and takes 8 % longer.
 *
 * @param input an NCHW value whose number of channels is `slopes.length`
 * @param name unique name for the constants
 */
export function emitPrelu(graph: OnnxGraph, input: string, slopes: Float32Array, name: string): string {
  const channels = slopes.length;
  const scaled = (value: string, suffix: string, factors: Float32Array) =>
    graph.node('Conv', [value, graph.float32(`${name}/${suffix}`, [channels, 1, 1, 1], factors)], {
      kernel_shape: [1, 1],
      group: channels,
    });
  const negated = scaled(input, 'minus-1', new Float32Array(channels).fill(-1));
  const negativePart = graph.node('Relu', [negated]);
  const correction = scaled(
    negativePart,
    '1-minus-slope',
    slopes.map((slope) => 1 - slope),
  );
  return graph.node('Add', [correction, input]);
}
