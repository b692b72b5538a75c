import { batchNormalisationAffine, type ChannelAffine, foldChannelAffine } from './channel-affine.ts';
import { appendZeros, missingChannels, widenWeights } from './blocked-channels.ts';
import { ConversionError } from './errors.ts';
import { OnnxGraph } from './onnx-graph.ts';
import { emitPrelu } from './prelu.ts';
import { readTorchStateDict } from './torch-stream.ts';
import type { ShapedFloats } from './shape.ts';

const INPUT_SIZE = 80;
/** Default of PyTorch's BatchNorm2d. */
const BATCH_NORMALISATION_EPSILON = 1e-5;

/**
 * Builds a MiniFASNet from its torch state dict, with batch normalisation folded in and a softmax at the end. V2 and
 * V1SE differ in widths and in squeeze-and-excitation; both are read from the weights. Architecture:
 * minivision-ai/Silent-Face-Anti-Spoofing, src/model_lib/MiniFASNet.py.
 *
 * @param stateDict bytes of the `.pth` file
 * @throws ConversionError
 */
export function buildMiniFasNet(stateDict: Uint8Array, inputName: string, outputName: string): Uint8Array {
  const net = new MiniFasNet(readTorchStateDict(stateDict));
  const graph = net.graph;
  graph.input(inputName, ['N', 3, INPUT_SIZE, INPUT_SIZE]);
  let value = net.activated(inputName, 'conv1', { stride: 2, padding: 1 });
  value = net.activated(value, 'conv2_dw', { padding: 1 });
  value = net.depthwiseBlock(value, 'conv_23', 2);
  value = net.residualStage(value, 'conv_3');
  value = net.depthwiseBlock(value, 'conv_34', 2);
  value = net.residualStage(value, 'conv_4');
  value = net.depthwiseBlock(value, 'conv_45', 2);
  value = net.residualStage(value, 'conv_5');
  value = net.activated(value, 'conv_6_sep', {});
  value = net.linearConvolution(value, 'conv_6_dw', {});
  value = graph.node('Flatten', [value], { axis: 1 });
  value = net.dense(value, 'linear', net.batchNormalisation('bn'));
  value = net.dense(value, 'prob', null);
  graph.node('Softmax', [value], { axis: -1 }, outputName);
  graph.output(outputName, ['N', net.tensor('prob.weight').shape[0]]);
  return graph.encode();
}

interface Steps {
  readonly stride?: number;
  readonly padding?: number;
  /** Channels of zeros after the input's channels in the weights, and those to append to the output's. */
  readonly zeroInputs?: number;
  readonly zeroOutputs?: number;
}

class MiniFasNet {
  readonly graph = new OnnxGraph();
  readonly #tensors: ReadonlyMap<string, ShapedFloats>;

  constructor(tensors: ReadonlyMap<string, ShapedFloats>) {
    this.#tensors = tensors;
  }

  tensor(name: string): ShapedFloats {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) throw new ConversionError('malformed-source', name, 'no such tensor');
    return tensor;
  }

  batchNormalisation(layer: string): ChannelAffine {
    return batchNormalisationAffine({
      weight: this.tensor(`${layer}.weight`).data,
      bias: this.tensor(`${layer}.bias`).data,
      runningMean: this.tensor(`${layer}.running_mean`).data,
      runningVariance: this.tensor(`${layer}.running_var`).data,
      epsilon: BATCH_NORMALISATION_EPSILON,
    });
  }

  /** Convolution, batch normalisation, PReLU. */
  activated(input: string, layer: string, steps: Steps): string {
    const value = this.linearConvolution(input, layer, steps);
    const { data } = this.tensor(`${layer}.prelu.weight`);
    const slopes = appendZeros(data, data.length, steps.zeroOutputs ?? 0);
    return emitPrelu(this.graph, value, slopes, `${layer}.prelu`);
  }

  /** Convolution and batch normalisation. */
  linearConvolution(input: string, layer: string, steps: Steps): string {
    return this.#convolution(input, `${layer}.conv`, `${layer}.bn`, steps);
  }

  /**
   * Widening 1×1 convolution, depthwise 3×3, narrowing 1×1, and squeeze-and-excitation where the weights contain it.
   * Pruning left odd channel numbers between them (103, 231, 13…). They are filled to whole blocks with zeros.
   */
  depthwiseBlock(input: string, layer: string, stride: number): string {
    const zeros = missingChannels(this.tensor(`${layer}.conv.conv.weight`).shape[0]);
    const wide = this.activated(input, `${layer}.conv`, { zeroOutputs: zeros });
    const filtered = this.activated(wide, `${layer}.conv_dw`, { stride, padding: 1, zeroOutputs: zeros });
    const narrow = this.linearConvolution(filtered, `${layer}.project`, { zeroInputs: zeros });
    const gate = `${layer}.se_module`;
    return this.#tensors.has(`${gate}.fc1.weight`) ? this.#squeezeAndExcite(narrow, gate) : narrow;
  }

  /** Depthwise blocks with a shortcut: as many as the weights contain. */
  residualStage(input: string, stage: string): string {
    let value = input;
    let block = 0;
    for (; this.#tensors.has(`${stage}.model.${block}.conv.conv.weight`); block++) {
      value = this.graph.node('Add', [value, this.depthwiseBlock(value, `${stage}.model.${block}`, 1)]);
    }
    if (block === 0) throw new ConversionError('malformed-source', stage, 'the stage has no blocks');
    return value;
  }

  /** Fully connected layer without bias, with the affine map after it folded in. */
  dense(input: string, layer: string, affine: ChannelAffine | null): string {
    const original = this.tensor(`${layer}.weight`);
    const folded = affine === null ? null : foldChannelAffine(original, null, affine);
    const weights = folded?.weights ?? original;
    const inputs = [input, this.graph.float32(`${layer}.weight`, weights.shape, weights.data)];
    if (folded !== null) inputs.push(this.graph.float32(`${layer}.bias`, [folded.bias.length], folded.bias));
    return this.graph.node('Gemm', inputs, { transB: 1 });
  }

  #squeezeAndExcite(input: string, layer: string): string {
    const pooled = this.graph.node('GlobalAveragePool', [input]);
    const squeezed = this.graph.node('Relu', [this.#convolution(pooled, `${layer}.fc1`, `${layer}.bn1`, {})]);
    const excited = this.#convolution(squeezed, `${layer}.fc2`, `${layer}.bn2`, {});
    return this.graph.node('Mul', [input, this.graph.node('Sigmoid', [excited])]);
  }

  /**
   * A filter with one input channel and several output channels is depthwise: no layer here has a single-channel input.
   */
  #convolution(input: string, layer: string, normalisation: string, steps: Steps): string {
    const original = this.tensor(`${layer}.weight`);
    const [channels, channelsEach, kernel] = original.shape;
    if (original.shape.length !== 4 || channels === undefined || kernel === undefined) {
      throw new ConversionError('unexpected-shape', layer, `[${original.shape.join()}] is no filter`);
    }
    const { stride = 1, padding = 0, zeroInputs = 0, zeroOutputs = 0 } = steps;
    const folded = foldChannelAffine(original, null, this.batchNormalisation(normalisation));
    const weights = widenWeights(folded.weights.data, original.shape, zeroInputs, zeroOutputs);
    const bias = appendZeros(folded.bias, channels, zeroOutputs);
    return this.graph.node(
      'Conv',
      [
        input,
        this.graph.float32(`${layer}.weight`, weights.shape, weights.data),
        this.graph.float32(`${layer}.bias`, [bias.length], bias),
      ],
      {
        kernel_shape: [kernel, kernel],
        strides: [stride, stride],
        pads: [padding, padding, padding, padding],
        group: channelsEach === 1 ? bias.length : 1,
      },
    );
  }
}
