import { appendZeros, CHANNEL_BLOCK, missingChannels, widenWeights } from './blocked-channels.ts';
import type { TfjsConversion, Value } from './tfjs-conversion.ts';
import type { TfjsNode } from './tfjs-graph.ts';
import { emitPrelu } from './prelu.ts';
import { fitWindow, onnxPads, type WindowFit } from './spatial.ts';
import { transpose } from './transpose.ts';

/**
 * Conv2D and DepthwiseConv2dNative with the operations that grappler fused after them: bias, then at most one
 * activation.
 */
export function emitConvolution(conversion: TfjsConversion, node: TfjsNode): Value {
  const graph = conversion.graph;
  const fused = node.texts('fused_ops');
  // The sigmoid of zero is not zero.
  const bearsZeros = !fused.includes('Sigmoid');
  const input = bearsZeros ? conversion.inputWithZeros(node, 0) : conversion.input(node, 0);
  const filter = conversion.requireConstant(node, 1);
  if (input.shape.length !== 4 || filter.shape.length !== 4) throw node.unexpectedShape('rank is not 4');
  const [height, width, inputChannels, multiplier] = filter.shape;
  const depthwise = node.operation.includes('Depthwise');
  if (input.shape[3] !== inputChannels) throw node.unexpectedShape('filter and input differ in channels');
  const channels = depthwise ? inputChannels * multiplier : multiplier;
  const { vertical, horizontal, strides, dilations } = window(node, input, [height, width], 'dilations');
  const ordered = transpose(filter, depthwise ? [2, 3, 0, 1] : [3, 2, 0, 1]);
  const shape = depthwise ? [channels, 1, height, width] : [channels, inputChannels, height, width];
  const zeroInputs = input.zeroChannels ?? 0;
  const zeroChannels = depthwise ? zeroInputs * multiplier : bearsZeros ? zerosBehind(channels) : 0;
  const weights = widenWeights(ordered.data, shape, depthwise ? 0 : zeroInputs, zeroChannels);
  const perChannel = (values: Float32Array) => appendZeros(values, channels, zeroChannels);

  const inputs = [input.name, graph.float32(`${node.inputs[1]}/oihw`, weights.shape, weights.data)];
  let next = 2;
  if (fused[0] === 'BiasAdd') {
    fused.shift();
    const bias = conversion.requireConstant(node, next);
    inputs.push(graph.float32(node.inputs[next++], [channels + zeroChannels], perChannel(bias.data)));
  }
  let name = graph.node('Conv', inputs, {
    kernel_shape: [height, width],
    strides,
    dilations,
    pads: onnxPads(vertical, horizontal),
    group: depthwise ? inputChannels + zeroInputs : 1,
  });
  for (const activation of fused) {
    name =
      activation === 'Prelu'
        ? emitPrelu(graph, name, perChannel(slopes(conversion, node, next++, channels)), `${node.name}/prelu`)
        : emitActivation(conversion, node, activation, name);
  }
  const value = { name, shape: [-1, vertical.outputLength, horizontal.outputLength, channels] };
  return zeroChannels === 0 ? value : { ...value, zeroChannels };
}

/**
 * Number of channels of zeros that complete a block which is half full. Such widths occur within the network and not at
 * its outputs. The zeros add no work, because the convolution fills its last block in any case.
 */
function zerosBehind(channels: number): number {
  return channels > CHANNEL_BLOCK && channels % CHANNEL_BLOCK === CHANNEL_BLOCK / 2
    ? missingChannels(channels)
    : 0;
}

/** Emits MaxPool. Channels of zeros are kept. */
export function emitMaxPool(conversion: TfjsConversion, node: TfjsNode): Value {
  const input = conversion.inputWithZeros(node, 0);
  const [, height, width] = node.integers('ksize');
  const { vertical, horizontal, strides } = window(node, input, [height, width], null);
  const name = conversion.graph.node('MaxPool', [input.name], {
    kernel_shape: [height, width],
    strides,
    pads: onnxPads(vertical, horizontal),
  });
  return { ...input, name, shape: [-1, vertical.outputLength, horizontal.outputLength, input.shape[3]] };
}

/** A separate PReLU node. */
export function emitPreluNode(conversion: TfjsConversion, node: TfjsNode): Value {
  const input = conversion.input(node, 0);
  if (input.shape.length !== 4) throw node.unexpectedShape('rank is not 4');
  const values = slopes(conversion, node, 1, input.shape[3]);
  return { name: emitPrelu(conversion.graph, input.name, values, `${node.name}/prelu`), shape: input.shape };
}

/** An activation without parameters, by its name in TensorFlow. */
export function emitActivation(
  conversion: TfjsConversion,
  node: TfjsNode,
  activation: string,
  input: string,
): string {
  const graph = conversion.graph;
  switch (activation) {
    case 'Relu':
    case 'Sigmoid':
      return graph.node(activation, [input]);
    case 'Relu6':
      return graph.node('Clip', [input, graph.scalar(0), graph.scalar(6)]);
    default:
      throw node.unsupported(`unknown activation ${activation}`);
  }
}

function slopes(conversion: TfjsConversion, node: TfjsNode, index: number, channels: number): Float32Array {
  const weight = conversion.requireConstant(node, index);
  if (weight.data.length !== channels) throw node.unexpectedShape('PReLU slopes are not one a channel');
  return weight.data;
}

interface Window {
  readonly vertical: WindowFit;
  readonly horizontal: WindowFit;
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
}

function window(
  node: TfjsNode,
  input: Value,
  kernel: readonly [number, number],
  dilationAttribute: string | null,
): Window {
  const layout = node.text('data_format');
  if (layout !== 'NHWC') throw node.unsupported(`layout ${layout}`);
  const padding = node.text('padding');
  if (padding !== 'SAME' && padding !== 'VALID') throw node.unsupported(`padding ${padding}`);
  const pair = (list: readonly number[]): [number, number] => {
    if (list.length === 0) return [1, 1];
    if (list.length !== 4 || list[0] !== 1 || list[3] !== 1) throw node.unsupported(`steps ${list.join()}`);
    return [list[1], list[2]];
  };
  const strides = pair(node.integers('strides'));
  const dilations = pair(dilationAttribute === null ? [] : node.integers(dilationAttribute));
  const fit = (axis: 0 | 1) =>
    fitWindow(padding, input.shape[axis + 1], kernel[axis], strides[axis], dilations[axis]);
  return { vertical: fit(0), horizontal: fit(1), strides, dilations };
}
