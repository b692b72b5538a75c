/** ONNX Runtime with its telemetry off. Only this file loads the library: the import below runs before it. */
import './no-telemetry.ts';

export { InferenceSession, Tensor } from 'onnxruntime-node';
