import type { TfjsConversion, TfjsOperations, Value } from './tfjs-conversion.ts';
import { elementCount } from './shape.ts';
import { emitActivation, emitConvolution, emitMaxPool, emitPreluNode } from './tfjs-convolution.ts';
import type { TfjsNode } from './tfjs-graph.ts';
import { emitZeroPadding } from './zero-padding.ts';

type Emit = (conversion: TfjsConversion, node: TfjsNode) => Value;

/** All operations of the sources' graphs. */
export const TFJS_OPERATIONS: TfjsOperations = new Map<string, Emit>([
  ['Placeholder', emitPlaceholder],
  ['Identity', (conversion, node) => conversion.input(node, 0)],
  ['Conv2D', emitConvolution],
  ['_FusedConv2D', emitConvolution],
  ['DepthwiseConv2dNative', emitConvolution],
  ['FusedDepthwiseConv2dNative', emitConvolution],
  ['MaxPool', emitMaxPool],
  ['Prelu', emitPreluNode],
  ['Relu', emitUnary],
  ['Relu6', emitUnary],
  ['Sigmoid', emitUnary],
  ['Add', emitBinary('Add')],
  ['AddV2', emitBinary('Add')],
  ['Sub', emitBinary('Sub')],
  ['Mul', emitBinary('Mul')],
  ['Minimum', emitBinary('Min')],
  ['Maximum', emitMaximum],
  ['Pad', emitPad],
  ['Mean', emitSpatialMean],
  ['Reshape', emitReshape],
  ['ConcatV2', emitConcat],
]);

function emitPlaceholder(conversion: TfjsConversion, node: TfjsNode): Value {
  const [, height, width, channels, ...more] = node.shape();
  if (channels === undefined || more.length > 0) throw node.unexpectedShape('the input is not an image');
  const name = conversion.graph.input(conversion.inputName, ['N', channels, height, width]);
  return { name, shape: [-1, height, width, channels] };
}

function emitUnary(conversion: TfjsConversion, node: TfjsNode): Value {
  // The sigmoid of zero is not zero.
  const input = node.operation === 'Sigmoid' ? conversion.input(node, 0) : conversion.inputWithZeros(node, 0);
  return { ...input, name: emitActivation(conversion, node, node.operation, input.name) };
}

function emitBinary(operation: 'Add' | 'Sub' | 'Mul' | 'Min' | 'Max'): Emit {
  return (conversion, node) => {
    const computed = [0, 1].filter((index) => conversion.constant(node, index) === undefined);
    const [a, b] = computed.map((index) => conversion.inputWithZeros(node, index));
    if (a === undefined) throw node.unsupported('both inputs are constants');
    const { shape } = a;
    if (b !== undefined && b.shape.join() !== shape.join()) throw node.unexpectedShape('inputs differ');
    if (b !== undefined && operation === 'Add' && a.zeroChannels === b.zeroChannels) {
      return { ...a, name: conversion.graph.node(operation, [a.name, b.name]) };
    }
    const names = [0, 1].map((index) =>
      conversion.constant(node, index) === undefined
        ? conversion.input(node, index).name
        : conversion.broadcastConstant(node, index, shape.length),
    );
    return { name: conversion.graph.node(operation, names), shape };
  };
}

/** Converts max(min(relu(x), c), 0) to one Clip, which ONNX Runtime fuses into the convolution before it. */
function emitMaximum(conversion: TfjsConversion, node: TfjsNode): Value {
  const minimum = conversion.maker(node, 0);
  const relu = minimum?.operation === 'Minimum' ? conversion.maker(minimum, 0) : undefined;
  if (minimum !== undefined && relu?.operation === 'Relu') {
    const floor = conversion.constant(node, 1);
    const ceiling = conversion.constant(minimum, 1);
    if (floor?.data.length === 1 && floor.data[0] === 0 && ceiling?.data.length === 1) {
      const input = conversion.input(relu, 0);
      const limits = [conversion.graph.scalar(0), conversion.graph.scalar(ceiling.data[0])];
      return { name: conversion.graph.node('Clip', [input.name, ...limits]), shape: input.shape };
    }
  }
  return emitBinary('Max')(conversion, node);
}

function emitPad(conversion: TfjsConversion, node: TfjsNode): Value {
  const input = conversion.inputWithZeros(node, 0);
  const amounts = conversion.requireConstant(node, 1).data;
  if (input.shape.length !== 4 || amounts.length !== 8) throw node.unexpectedShape('rank is not 4');
  const inOnnxOrder = [0, 3, 1, 2];
  const begins = inOnnxOrder.map((axis) => amounts[2 * axis]);
  const ends = inOnnxOrder.map((axis) => amounts[2 * axis + 1]);
  const shape = input.shape.map((dim, axis) =>
    axis === 0 ? dim : dim + amounts[2 * axis] + amounts[2 * axis + 1],
  );
  const given = input.shape[3] + (input.zeroChannels ?? 0);
  const channels = shape[3] - given;
  const appendsChannels = channels >= 0 && [...begins, ends[0], ends[2], ends[3]].every((n) => n === 0);
  const name = appendsChannels
    ? emitZeroPadding(conversion.graph, input.name, given, { channels, pixels: 0 }, `${node.name}/identity`)
    : conversion.graph.node('Pad', [
        conversion.input(node, 0).name,
        conversion.graph.int64(`${node.name}/pads`, [...begins, ...ends]),
      ]);
  return { name, shape };
}

function emitSpatialMean(conversion: TfjsConversion, node: TfjsNode): Value {
  const input = conversion.input(node, 0);
  const axes = Array.from(conversion.requireConstant(node, 1).data, (axis) =>
    axis < 0 ? axis + input.shape.length : axis,
  );
  if (input.shape.length !== 4 || !['1,2', '2,1'].includes(axes.join()))
    throw node.unsupported(`axes ${axes.join()}`);
  const channels = input.shape[3];
  const pooled = conversion.graph.node('GlobalAveragePool', [input.name]);
  return node.flag('keep_dims')
    ? { name: pooled, shape: [-1, 1, 1, channels] }
    : { name: conversion.graph.node('Flatten', [pooled], { axis: 1 }), shape: [-1, channels] };
}

function emitReshape(conversion: TfjsConversion, node: TfjsNode): Value {
  const input = conversion.input(node, 0);
  const dims = Array.from(conversion.requireConstant(node, 1).data).slice(1);
  const values = elementCount(input.shape.slice(1));
  const shape = dims.map((dim) =>
    dim === -1 ? values / elementCount(dims.filter((other) => other !== -1)) : dim,
  );
  if (elementCount(shape) !== values || shape.length > 2 || shape.length === 0) {
    throw node.unexpectedShape(`[${input.shape.join()}] to [-1,${dims.join()}]`);
  }
  const target = conversion.graph.int64(`${node.name}/shape`, [-1, ...shape]);
  return {
    name: conversion.graph.node('Reshape', [conversion.channelsLast(input), target]),
    shape: [-1, ...shape],
  };
}

function emitConcat(conversion: TfjsConversion, node: TfjsNode): Value {
  const last = node.inputs.length - 1;
  const parts = node.inputs.slice(0, last).map((_, index) => conversion.input(node, index));
  const shape = parts[0]?.shape ?? [];
  const given = conversion.requireConstant(node, last).data[0];
  const axis = given < 0 ? given + shape.length : given;
  const onnxAxis = shape.length === 4 ? [0, 2, 3, 1][axis] : axis;
  if (onnxAxis === undefined || axis === 0) throw node.unexpectedShape(`axis ${given}`);
  const name = conversion.graph.node(
    'Concat',
    parts.map((part) => part.name),
    { axis: onnxAxis },
  );
  const length = parts.reduce((total, part) => total + part.shape[axis], 0);
  return { name, shape: shape.map((dim, i) => (i === axis ? length : dim)) };
}
