import type { OnnxGraph } from './onnx-graph.ts';

/**
 * Emits PReLU (x for x ≥ 0, slope·x below, one slope a channel) as x + (1 − slope)·relu(−x), which is exact, with
 * depthwise 1×1 convolutions for the products. ONNX Runtime's CPU PRelu kernel has no blocked layout and forces reorders
 * around it: with it, mesh and iris take more than three times as long. This form leaves two nodes, as relu and the
 * addition are fused into the convolutions; x + relu((slope − 1)·x) leaves the addition alone and takes 8 % longer.
 *
 * @param input an NCHW value whose channel count is `slopes.length`
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
