import { TfjsConversion, type WantedOutput } from './tfjs-conversion.ts';
import { readTfjsGraph } from './tfjs-graph.ts';
import { TFJS_OPERATIONS } from './tfjs-operations.ts';

/**
 * Converts a TensorFlow.js graph model to ONNX: NHWC becomes NCHW, and the batch size becomes dynamic. Only nodes that
 * the wanted outputs need are kept.
 *
 * @param json bytes of the model's `.json` file
 * @param binary bytes of its `.bin` file
 * @param inputName name of the model's one input in the result
 * @throws ConversionError naming the node
 */
export function convertTfjsGraph(
  json: Uint8Array,
  binary: Uint8Array,
  inputName: string,
  outputs: readonly WantedOutput[],
): Uint8Array {
  const conversion = new TfjsConversion(readTfjsGraph(json, binary), TFJS_OPERATIONS, inputName);
  for (const output of outputs) conversion.emitOutput(output);
  return conversion.graph.encode();
}
