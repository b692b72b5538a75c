/** Why a network could not be converted: a closed set. */
type ConversionErrorCode =
  /** The file does not have its format: wrong length, unreadable structure, missing tensor. */
  | 'malformed-source'
  /** The graph uses an operation, attribute or data type that this converter does not know. */
  | 'unsupported-operation'
  /** Shapes do not match each other or the manifest. */
  | 'unexpected-shape';

/** Thrown by everything in models/convert. `node` names the graph node, layer or tensor concerned. */
export class ConversionError extends Error {
  override readonly name = 'ConversionError';
  readonly code: ConversionErrorCode;
  readonly node: string;

  constructor(code: ConversionErrorCode, node: string, detail: string) {
    super(`${code} at "${node}": ${detail}`);
    this.code = code;
    this.node = node;
  }
}
