import { z } from 'zod';
import { ConversionError } from './errors.ts';
import { readTfjsWeights, type Weight, weightsManifest } from './tfjs-weights.ts';

const attribute = z.object({
  s: z.string().optional(),
  b: z.boolean().optional(),
  list: z.object({ i: z.array(z.string()).optional(), s: z.array(z.string()).optional() }).optional(),
  shape: z.object({ dim: z.array(z.object({ size: z.string() })) }).optional(),
});
const graphNode = z.object({
  name: z.string(),
  op: z.string(),
  input: z.array(z.string()).default([]),
  attr: z.record(z.string(), z.unknown()).default({}),
});
const modelFile = z.object({
  modelTopology: z.object({ node: z.array(graphNode) }),
  weightsManifest,
});

/** One operation of a TensorFlow.js graph model, with typed access to its attributes. */
export class TfjsNode {
  readonly name: string;
  readonly operation: string;
  /** Names of the input nodes, without the `:0` and `^` of TensorFlow's notation. */
  readonly inputs: readonly string[];
  readonly #attributes: Readonly<Record<string, unknown>>;

  constructor(parsed: z.infer<typeof graphNode>) {
    this.name = parsed.name;
    this.operation = parsed.op;
    this.inputs = parsed.input.map((input) => input.replace(/^\^/, '').replace(/:0$/, ''));
    this.#attributes = parsed.attr;
  }

  /** A string attribute (stored in base64); undefined when it is absent. */
  text(name: string): string | undefined {
    const encoded = this.#attribute(name)?.s;
    return encoded === undefined ? undefined : decodeBase64(encoded);
  }

  /** A list-of-strings attribute; empty when it is absent. */
  texts(name: string): string[] {
    return (this.#attribute(name)?.list?.s ?? []).map(decodeBase64);
  }

  /** A list-of-integers attribute (stored as strings); empty when it is absent. */
  integers(name: string): number[] {
    return (this.#attribute(name)?.list?.i ?? []).map(Number);
  }

  /** A boolean attribute; false when it is absent. */
  flag(name: string): boolean {
    return this.#attribute(name)?.b ?? false;
  }

  /** The shape of a placeholder. */
  shape(): number[] {
    const shape = this.#attribute('shape')?.shape;
    if (shape === undefined) throw this.malformed('no shape');
    return shape.dim.map((dim) => Number(dim.size));
  }

  malformed(detail: string): ConversionError {
    return new ConversionError('malformed-source', this.name, detail);
  }

  unsupported(detail: string): ConversionError {
    return new ConversionError('unsupported-operation', this.name, `${this.operation}: ${detail}`);
  }

  unexpectedShape(detail: string): ConversionError {
    return new ConversionError('unexpected-shape', this.name, `${this.operation}: ${detail}`);
  }

  #attribute(name: string): z.infer<typeof attribute> | undefined {
    const raw = this.#attributes[name];
    if (raw === undefined) return undefined;
    const parsed = attribute.safeParse(raw);
    if (!parsed.success) throw this.malformed(`attribute ${name} is not readable`);
    return parsed.data;
  }
}

export interface TfjsGraph {
  readonly nodes: ReadonlyMap<string, TfjsNode>;
  readonly weights: ReadonlyMap<string, Weight>;
}

/**
 * Parses a TensorFlow.js graph model.
 *
 * @param json bytes of the `.json` file
 * @param binary bytes of its single `.bin` file
 * @throws ConversionError `malformed-source`
 */
export function readTfjsGraph(json: Uint8Array, binary: Uint8Array): TfjsGraph {
  const parsed = modelFile.safeParse(parseJson(json));
  if (!parsed.success) throw new ConversionError('malformed-source', 'model', z.prettifyError(parsed.error));
  const nodes = parsed.data.modelTopology.node.map((node) => new TfjsNode(node));
  return {
    nodes: new Map(nodes.map((node) => [node.name, node])),
    weights: readTfjsWeights(parsed.data.weightsManifest, binary),
  };
}

/**
 * Parses UTF-8 JSON.
 * @throws ConversionError `malformed-source`
 */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new ConversionError('malformed-source', 'model', 'not valid JSON');
  }
}

function decodeBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8');
}
