import { OnnxGraph } from '../../convert/onnx-graph.ts';
import { MOTION_FEATURE_COUNT, MOTION_STEPS } from '../../../server/evidence/motion-features.ts';
import type { LstmWeights } from './network.ts';

/** Index in TensorFlow.js (i, f, c, o) of each gate in ONNX's order: input, output, forget, cell. */
const GATES_IN_ONNX = [0, 3, 1, 2] as const;
const GATES = GATES_IN_ONNX.length;

/**
 * The network as an ONNX file (opset 17). Input `window`: [N, steps, features]. Output `living`: [N, 1], the
 * probability 0..1. Operator LSTM of ONNX 1.12: gates in the order i, o, f, c; weights as rows of gates; activations
 * sigmoid, tanh, tanh.
 */
export function motionOnnx({
  units,
  kernel,
  recurrentKernel,
  bias,
  outputKernel,
  outputBias,
}: LstmWeights): Uint8Array {
  const graph = new OnnxGraph();
  const window = graph.input('window', ['N', MOTION_STEPS, MOTION_FEATURE_COUNT]);
  const stepsFirst = graph.node('Transpose', [window], { perm: [1, 0, 2] });
  const rows = GATES * units;
  const states = graph.node(
    'LSTM',
    [
      stepsFirst,
      graph.float32('kernel', [1, rows, MOTION_FEATURE_COUNT], gateRows(kernel, MOTION_FEATURE_COUNT, units)),
      graph.float32('recurrent_kernel', [1, rows, units], gateRows(recurrentKernel, units, units)),
      graph.float32(
        'bias',
        [1, 2 * rows],
        Float32Array.from([...gateRows(bias, 1, units), ...new Float32Array(rows)]),
      ),
    ],
    { hidden_size: units },
  );
  const last = graph.node('Gather', [states, graph.int64('last_step', [MOTION_STEPS - 1])], { axis: 0 });
  const hidden = graph.node('Reshape', [last, graph.int64('hidden_shape', [-1, units])]);
  const logit = graph.node('Gemm', [
    hidden,
    graph.float32('output_kernel', [units, 1], outputKernel),
    graph.float32('output_bias', [1], outputBias),
  ]);
  graph.output(graph.node('Sigmoid', [logit], {}, 'living'), ['N', 1]);
  return graph.encode();
}

/** Transposes inputs × (gates · units), gates i f c o, to (gates · units) × inputs, gates i o f c. */
function gateRows(weights: Float32Array, inputs: number, units: number): Float32Array {
  const rows = new Float32Array(weights.length);
  const columns = GATES * units;
  for (const [gate, from] of GATES_IN_ONNX.entries()) {
    for (let unit = 0; unit < units; unit++) {
      for (let input = 0; input < inputs; input++)
        rows[(gate * units + unit) * inputs + input] = weights[input * columns + from * units + unit];
    }
  }
  return rows;
}
