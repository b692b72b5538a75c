/** ONNX Runtime with its telemetry off. The one place that loads the library: the first import runs first. */
import './no-telemetry.ts';

export { InferenceSession, Tensor } from 'onnxruntime-node';
