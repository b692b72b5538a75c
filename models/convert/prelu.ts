import type { OnnxGraph } from './onnx-graph.ts';

/**
 * Emits PReLU (x for x ≥ 0, slope·x below, one slope a channel) as depthwise 1×1 convolutions. ONNX Runtime's CPU
 * PRelu kernel has no blocked layout and forces reorders around it: half of the time of a mesh model.
 *
 * Both forms are algebraically exact: x + relu((slope − 1)·x) needs every slope ≤ 1; otherwise
 * x + (1 − slope)·relu(−x).
 *
 * @param input an NCHW value whose channel count is `slopes.length`
 * @param name unique name for the constants
 */
export function emitPrelu(graph: OnnxGraph, input: string, slopes: Float32Array, name: string): string {
  const channels = slopes.length;
  const pointwise = { kernel_shape: [1, 1], group: channels };
  const constant = (suffix: string, values: Float32Array) =>
    graph.float32(`${name}/${suffix}`, [channels, 1, 1, 1], values);
  if (slopes.every((slope) => slope <= 1)) {
    const below = constant(
      'slope-minus-1',
      slopes.map((slope) => slope - 1),
    );
    return graph.node('Add', [input, graph.node('Relu', [graph.node('Conv', [input, below], pointwise)])]);
  }
  const negate = constant('minus-1', new Float32Array(channels).fill(-1));
  const restore = constant(
    '1-minus-slope',
    slopes.map((slope) => 1 - slope),
  );
  const negativePart = graph.node('Relu', [graph.node('Conv', [input, negate], pointwise)]);
  return graph.node('Add', [graph.node('Conv', [negativePart, restore], pointwise), input]);
}
