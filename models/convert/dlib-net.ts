import { z } from 'zod';
import { foldChannelAffine } from './channel-affine.ts';
import { ConversionError } from './errors.ts';
import { OnnxGraph } from './onnx-graph.ts';
import { fitWindow, onnxPads } from './spatial.ts';
import { parseJson } from './tfjs-graph.ts';
import { readTfjsWeights, type Weight, weightsManifest } from './tfjs-weights.ts';
import { transpose } from './transpose.ts';
import { emitZeroPadding, type ZeroPadding } from './zero-padding.ts';

const INPUT_SIZE = 150;

/** Residual blocks in order; a `down` block halves the resolution. Source: face-api's FaceRecognitionNet. */
const BLOCKS = [
  { down: null, rest: ['conv32_1', 'conv32_2', 'conv32_3'] },
  { down: 'conv64_down', rest: ['conv64_1', 'conv64_2', 'conv64_3'] },
  { down: 'conv128_down', rest: ['conv128_1', 'conv128_2'] },
  { down: 'conv256_down', rest: ['conv256_1', 'conv256_2'] },
  { down: 'conv256_down_out', rest: [] },
] as const;

/** A square feature map. */
interface FeatureMap {
  readonly name: string;
  readonly size: number;
  readonly channels: number;
}

/**
 * Builds dlib's face recognition ResNet (128 dimensions) from the weights that face-api ships, which come without a
 * graph. The input must be normalised already. The output is not L2-normalised.
 *
 * @param manifest bytes of `face_recognition_model-weights_manifest.json`
 * @param binary bytes of its `.bin`
 * @throws ConversionError
 */
export function buildDlibNet(
  manifest: Uint8Array,
  binary: Uint8Array,
  inputName: string,
  outputName: string,
): Uint8Array {
  const parsed = weightsManifest.safeParse(parseJson(manifest));
  if (!parsed.success)
    throw new ConversionError('malformed-source', 'manifest', z.prettifyError(parsed.error));
  const net = new DlibNet(readTfjsWeights(parsed.data, binary));
  const graph = net.graph;

  graph.input(inputName, ['N', 3, INPUT_SIZE, INPUT_SIZE]);
  let map = net.convolution(
    { name: inputName, size: INPUT_SIZE, channels: 3 },
    'conv32_down',
    2,
    'VALID',
    true,
  );
  const pool = fitWindow('VALID', map.size, 3, 2);
  map = {
    name: graph.node('MaxPool', [map.name], { kernel_shape: [3, 3], strides: [2, 2] }),
    size: pool.outputLength,
    channels: map.channels,
  };
  for (const block of BLOCKS) {
    if (block.down !== null) map = net.residualDown(map, block.down);
    for (const layer of block.rest) map = net.residual(map, layer);
  }
  const pooled = graph.node('Flatten', [graph.node('GlobalAveragePool', [map.name])], { axis: 1 });
  const projection = net.weight('fc', 2);
  graph.node('MatMul', [pooled, graph.float32('fc', projection.shape, projection.data)], {}, outputName);
  graph.output(outputName, ['N', projection.shape[1]]);
  return graph.encode();
}

class DlibNet {
  readonly graph = new OnnxGraph();
  readonly #weights: ReadonlyMap<string, Weight>;

  constructor(weights: ReadonlyMap<string, Weight>) {
    this.#weights = weights;
  }

  weight(name: string, rank: number): Weight {
    const weight = this.#weights.get(name);
    if (weight === undefined) throw new ConversionError('malformed-source', name, 'no such tensor');
    if (weight.shape.length !== rank)
      throw new ConversionError('unexpected-shape', name, `rank is not ${rank}`);
    return weight;
  }

  /** Convolution with dlib's scale layer folded in, then an optional ReLU. */
  convolution(
    input: FeatureMap,
    layer: string,
    stride: number,
    padding: 'SAME' | 'VALID',
    relu: boolean,
  ): FeatureMap {
    const filters = transpose(this.weight(`${layer}/conv/filters`, 4), [3, 2, 0, 1]);
    const [channels, inputChannels, kernel] = filters.shape;
    if (inputChannels !== input.channels) {
      throw new ConversionError(
        'unexpected-shape',
        layer,
        `${input.channels} channels meet ${inputChannels}`,
      );
    }
    const folded = foldChannelAffine(filters, this.weight(`${layer}/conv/bias`, 1).data, {
      scale: this.weight(`${layer}/scale/weights`, 1).data,
      offset: this.weight(`${layer}/scale/biases`, 1).data,
    });
    const fit = fitWindow(padding, input.size, kernel, stride);
    const name = this.graph.node(
      'Conv',
      [
        input.name,
        this.graph.float32(`${layer}/weights`, folded.weights.shape, folded.weights.data),
        this.graph.float32(`${layer}/bias`, [channels], folded.bias),
      ],
      { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: onnxPads(fit, fit) },
    );
    return { name: relu ? this.graph.node('Relu', [name]) : name, size: fit.outputLength, channels };
  }

  residual(input: FeatureMap, layer: string): FeatureMap {
    const inner = this.convolution(input, `${layer}/conv1`, 1, 'SAME', true);
    const outer = this.convolution(inner, `${layer}/conv2`, 1, 'SAME', false);
    return { ...outer, name: this.graph.node('Relu', [this.graph.node('Add', [outer.name, input.name])]) };
  }

  /**
   * A block that halves the resolution. Its shortcut is average-pooled, and padded with channels of zeros where the
   * block has more channels. A VALID convolution may make the block one row and column smaller than the shortcut. Then
   * a row and a column of zeros are appended to the block.
   */
  residualDown(input: FeatureMap, layer: string): FeatureMap {
    const inner = this.convolution(input, `${layer}/conv1`, 2, 'VALID', true);
    const outer = this.convolution(inner, `${layer}/conv2`, 1, 'SAME', false);
    const size = fitWindow('VALID', input.size, 2, 2).outputLength;
    const missing = size - outer.size;
    const widening = outer.channels - input.channels;
    if (missing < 0 || missing > 1 || widening < 0) {
      throw new ConversionError('unexpected-shape', layer, 'the block does not meet its shortcut');
    }
    const shortcut = this.graph.node('AveragePool', [input.name], { kernel_shape: [2, 2], strides: [2, 2] });
    const sum = this.graph.node('Add', [
      this.#padEnd({ ...input, name: shortcut }, `${layer}/widen`, { channels: widening, pixels: 0 }),
      this.#padEnd(outer, `${layer}/grow`, { channels: 0, pixels: missing }),
    ]);
    return { name: this.graph.node('Relu', [sum]), size, channels: outer.channels };
  }

  #padEnd(map: FeatureMap, constant: string, padding: ZeroPadding): string {
    if (padding.channels === 0 && padding.pixels === 0) return map.name;
    return emitZeroPadding(this.graph, map.name, map.channels, padding, constant);
  }
}
