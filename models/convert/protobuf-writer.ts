const textEncoder = new TextEncoder();

const WIRE_VARINT = 0;
const WIRE_LENGTH_DELIMITED = 2;

/**
 * Appends fields in the protocol-buffers wire format. Only the two wire types that these ONNX models use are
 * implemented. Source: https://protobuf.dev/programming-guides/encoding/
 */
export class ProtobufWriter {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  get byteLength(): number {
    return this.#length;
  }

  /** A varint field (int32, int64, enum). A negative number takes ten bytes, as two's complement of 64 bits. */
  varint(field: number, value: number | bigint): this {
    this.#tag(field, WIRE_VARINT);
    this.#append(encodeVarint(value));
    return this;
  }

  /** A length-delimited field of raw bytes. The bytes are not copied before `finish`. */
  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, WIRE_LENGTH_DELIMITED);
    this.#append(encodeVarint(value.byteLength));
    this.#append(value);
    return this;
  }

  /** A UTF-8 string field. */
  string(field: number, value: string): this {
    return this.bytes(field, textEncoder.encode(value));
  }

  /** An embedded message field. `message` must be complete: fields that are appended to it later are not written. */
  message(field: number, message: ProtobufWriter): this {
    this.#tag(field, WIRE_LENGTH_DELIMITED);
    this.#append(encodeVarint(message.#length));
    for (const chunk of message.#chunks) this.#append(chunk);
    return this;
  }

  /** The encoded message as one array. */
  finish(): Uint8Array {
    const out = new Uint8Array(this.#length);
    let offset = 0;
    for (const chunk of this.#chunks) {
      out.set(chunk, offset);
      offset += chunk.byteLength;
    }
    return out;
  }

  #tag(field: number, wireType: number): void {
    this.#append(encodeVarint(field * 8 + wireType));
  }

  #append(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#length += chunk.byteLength;
  }
}

/**
 * Base-128 varint of an integer modulo 2^64: 1 to 10 bytes.
 * @throws RangeError for a fraction
 */
export function encodeVarint(value: number | bigint): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const out: number[] = [];
  while (rest > 127n) {
    out.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  out.push(Number(rest));
  return Uint8Array.from(out);
}
