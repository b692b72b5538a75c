/** Why a network could not be converted. A closed set: callers may switch on it. */
export type ConversionErrorCode =
  /** The file is not what its format says: wrong length, unreadable structure, missing tensor. */
  | 'malformed-source'
  /** The graph uses an operation, attribute or data type this converter does not know. */
  | 'unsupported-operation'
  /** Shapes do not fit each other, or not the manifest. */
  | 'unexpected-shape';

/** Thrown by everything under models/convert; `node` names the graph node, layer or tensor at fault. */
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
