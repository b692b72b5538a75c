import { ConversionError } from './errors.ts';
import { ProtobufWriter } from './protobuf-writer.ts';
import { elementCount } from './shape.ts';

const IR_VERSION = 8;
const OPSET_VERSION = 17;
const PRODUCER = 'veriframe';

/** TensorProto.DataType and AttributeProto.AttributeType. Source: onnx/onnx.proto of ONNX 1.12. */
const DATA_TYPE = { float32: 1, int64: 7 } as const;
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_INTS = 7;

/** A symbolic name stands for a dimension that may differ between runs. */
type Dimension = number | 'N';
type Attributes = Readonly<Record<string, number | readonly number[]>>;

interface GraphNode {
  readonly operation: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Attributes;
}
type Initializer =
  | { readonly type: 'float32'; readonly dims: readonly number[]; readonly data: Float32Array }
  | { readonly type: 'int64'; readonly dims: readonly number[]; readonly data: BigInt64Array };
interface Port {
  readonly name: string;
  readonly dims: readonly Dimension[];
}

/**
 * Collects nodes and constants, and writes them as an ONNX model (opset 17, IR 8). Nodes must be added in topological
 * order. This is always so when the inputs of each node are names that earlier calls returned.
 */
export class OnnxGraph {
  readonly #nodes: GraphNode[] = [];
  readonly #initializers = new Map<string, Initializer>();
  readonly #inputs: Port[] = [];
  readonly #outputs: Port[] = [];
  #unnamed = 0;

  /** Declares a float32 input and returns its name. */
  input(name: string, dims: readonly Dimension[]): string {
    this.#inputs.push({ name, dims });
    return name;
  }

  /** Declares the value `name` of some node as a float32 output. */
  output(name: string, dims: readonly Dimension[]): void {
    this.#outputs.push({ name, dims });
  }

  /** Adds a node with one output and returns the output's name. */
  node(
    operation: string,
    inputs: readonly string[],
    attributes: Attributes = {},
    output = `${operation}_${this.#unnamed++}`,
  ): string {
    this.#nodes.push({ operation, inputs, output, attributes });
    return output;
  }

  /**
   * Adds a float32 constant, or finds the one that was added under this name.
   * @throws ConversionError `unexpected-shape` when `dims` and the length of `data` do not match
   */
  float32(name: string, dims: readonly number[], data: Float32Array): string {
    if (elementCount(dims) !== data.length) {
      throw new ConversionError('unexpected-shape', name, `[${dims.join()}] holds not ${data.length} values`);
    }
    return this.#constant(name, { type: 'float32', dims, data });
  }

  /** A float32 constant of rank 0. */
  scalar(value: number): string {
    return this.#constant(`scalar_${value}`, { type: 'float32', dims: [], data: Float32Array.of(value) });
  }

  /** A one-dimensional int64 constant. */
  int64(name: string, values: readonly number[]): string {
    return this.#constant(name, {
      type: 'int64',
      dims: [values.length],
      data: BigInt64Array.from(values, BigInt),
    });
  }

  /** The model as bytes. The same calls give the same bytes. Constants that no node reads are left out. */
  encode(): Uint8Array {
    const graph = new ProtobufWriter();
    for (const node of this.#nodes) graph.message(1, encodeNode(node));
    graph.string(2, PRODUCER);
    const used = new Set(this.#nodes.flatMap((node) => node.inputs));
    for (const [name, tensor] of this.#initializers) {
      if (used.has(name)) graph.message(5, encodeTensor(name, tensor));
    }
    for (const port of this.#inputs) graph.message(11, encodePort(port));
    for (const port of this.#outputs) graph.message(12, encodePort(port));
    return new ProtobufWriter()
      .varint(1, IR_VERSION)
      .string(2, PRODUCER)
      .message(7, graph)
      .message(8, new ProtobufWriter().string(1, '').varint(2, OPSET_VERSION))
      .finish();
  }

  #constant(name: string, tensor: Initializer): string {
    const known = this.#initializers.get(name);
    if (known === undefined) this.#initializers.set(name, tensor);
    else if (known.type !== tensor.type || known.dims.join() !== tensor.dims.join()) {
      throw new ConversionError('unexpected-shape', name, 'two constants of different shape share this name');
    }
    return name;
  }
}

function encodeNode(node: GraphNode): ProtobufWriter {
  const out = new ProtobufWriter();
  for (const input of node.inputs) out.string(1, input);
  out.string(2, node.output).string(3, node.output).string(4, node.operation);
  for (const [name, value] of Object.entries(node.attributes)) {
    const attribute = new ProtobufWriter().string(1, name);
    if (typeof value === 'number') attribute.varint(3, value).varint(20, ATTRIBUTE_INT);
    else {
      for (const item of value) attribute.varint(8, item);
      attribute.varint(20, ATTRIBUTE_INTS);
    }
    out.message(5, attribute);
  }
  return out;
}

function encodeTensor(name: string, tensor: Initializer): ProtobufWriter {
  const out = new ProtobufWriter();
  for (const dim of tensor.dims) out.varint(1, dim);
  const { buffer, byteOffset, byteLength } = tensor.data;
  return out
    .varint(2, DATA_TYPE[tensor.type])
    .string(8, name)
    .bytes(9, new Uint8Array(buffer, byteOffset, byteLength));
}

function encodePort(port: Port): ProtobufWriter {
  const shape = new ProtobufWriter();
  for (const dim of port.dims) {
    shape.message(
      1,
      typeof dim === 'string' ? new ProtobufWriter().string(2, dim) : new ProtobufWriter().varint(1, dim),
    );
  }
  const tensorType = new ProtobufWriter().varint(1, DATA_TYPE.float32).message(2, shape);
  return new ProtobufWriter().string(1, port.name).message(2, new ProtobufWriter().message(1, tensorType));
}
