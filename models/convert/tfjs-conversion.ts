import { ConversionError } from './errors.ts';
import { OnnxGraph } from './onnx-graph.ts';
import { elementCount } from './shape.ts';
import type { TfjsGraph, TfjsNode } from './tfjs-graph.ts';
import type { Weight } from './tfjs-weights.ts';
import { transpose } from './transpose.ts';

/** A value of the source graph: its name in the ONNX graph, and its shape in TensorFlow's order. */
export interface Value {
  readonly name: string;
  /** [-1, height, width, channels] or [-1, ...]. The ONNX value of rank 4 has the layout N,C,H,W. */
  readonly shape: readonly number[];
  /** Channels of zeros in the ONNX value after those of `shape`; absent: none. See `blocked-channels.ts`. */
  readonly zeroChannels?: number;
}

/** An output to keep: the source node, its new name, and its shape without the batch. */
export interface WantedOutput {
  readonly node: string;
  readonly name: string;
  readonly shape: readonly number[];
}

/** The function that emits each TensorFlow operation. An operation without a function is refused. */
export type TfjsOperations = ReadonlyMap<string, (conversion: TfjsConversion, node: TfjsNode) => Value>;

/**
 * Emits each node of the source when a wanted output first needs it. This gives topological order and leaves unused
 * nodes out.
 */
export class TfjsConversion {
  readonly graph = new OnnxGraph();
  readonly inputName: string;
  readonly #source: TfjsGraph;
  readonly #operations: TfjsOperations;
  readonly #values = new Map<string, Value>();
  readonly #open = new Set<string>();

  constructor(source: TfjsGraph, operations: TfjsOperations, inputName: string) {
    this.#source = source;
    this.#operations = operations;
    this.inputName = inputName;
  }

  /** The value of the node's input at `index`. Emits it if necessary. */
  input(node: TfjsNode, index: number): Value {
    return this.#exact(this.inputWithZeros(node, index));
  }

  /** As `input`, for an operation that accepts channels of zeros. */
  inputWithZeros(node: TfjsNode, index: number): Value {
    return this.#value(inputOf(node, index));
  }

  /** The node that computes an input; undefined when the input is a constant. */
  maker(node: TfjsNode, index: number): TfjsNode | undefined {
    const name = inputOf(node, index);
    return this.#source.weights.has(name) ? undefined : this.#source.nodes.get(name);
  }

  /** The constant at an input; undefined when the input is computed. */
  constant(node: TfjsNode, index: number): Weight | undefined {
    return this.#source.weights.get(inputOf(node, index));
  }

  /**
   * The constant at an input.
   * @throws ConversionError `unsupported-operation` when the input is computed
   */
  requireConstant(node: TfjsNode, index: number): Weight {
    const weight = this.constant(node, index);
    if (weight === undefined) throw node.unsupported(`input ${index} is not a constant`);
    return weight;
  }

  /** A constant input as an ONNX constant that broadcasts to values of the given rank in NCHW order. */
  broadcastConstant(node: TfjsNode, index: number, rank: number): string {
    const weight = this.requireConstant(node, index);
    const name = `${node.inputs[index]}/rank-${rank}`;
    if (rank !== 4 || weight.shape.length === 0) return this.graph.float32(name, weight.shape, weight.data);
    const padded = [1, 1, 1, ...weight.shape].slice(-4);
    const { shape, data } = transpose({ shape: padded, data: weight.data }, [0, 3, 1, 2]);
    return this.graph.float32(name, shape, data);
  }

  /**
   * A value in TensorFlow's element order. Needs no operation unless the value has several channels and several pixels.
   */
  channelsLast(value: Value): string {
    const [, height, width, channels] = value.shape;
    const sameOrder = value.shape.length !== 4 || channels === 1 || height * width === 1;
    return sameOrder ? value.name : this.graph.node('Transpose', [value.name], { perm: [0, 2, 3, 1] });
  }

  /** Declares an output. A height and width of 1 may be absent from the wanted shape. */
  emitOutput(wanted: WantedOutput): void {
    const value = this.#exact(this.#value(wanted.node));
    if (elementCount(value.shape.slice(1)) !== elementCount(wanted.shape)) {
      const found = `[${value.shape.slice(1).join()}] instead of [${wanted.shape.join()}]`;
      throw new ConversionError('unexpected-shape', wanted.node, `the output has shape ${found}`);
    }
    const shape = this.graph.int64(`${wanted.name}/shape`, [-1, ...wanted.shape]);
    this.graph.node('Reshape', [this.channelsLast(value), shape], {}, wanted.name);
    this.graph.output(wanted.name, ['N', ...wanted.shape]);
  }

  /** The value without channels of zeros. */
  #exact(value: Value): Value {
    if (value.zeroChannels === undefined) return value;
    const { name, shape } = value;
    const constant = (suffix: string, number: number) => this.graph.int64(`${name}/${suffix}`, [number]);
    const range = [constant('first', 0), constant('end', shape[3]), constant('axis', 1)];
    return { name: this.graph.node('Slice', [name, ...range]), shape };
  }

  #value(name: string): Value {
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const node = this.#source.nodes.get(name);
    if (node === undefined) throw new ConversionError('malformed-source', name, 'no such node');
    const emit = this.#operations.get(node.operation);
    if (emit === undefined) throw node.unsupported('unknown operation');
    if (this.#open.has(name)) throw node.malformed('the graph has a cycle');
    this.#open.add(name);
    const value = emit(this, node);
    this.#open.delete(name);
    this.#values.set(name, value);
    return value;
  }
}

function inputOf(node: TfjsNode, index: number): string {
  const name = node.inputs[index];
  if (name === undefined) throw node.malformed(`input ${index} is missing`);
  return name;
}
