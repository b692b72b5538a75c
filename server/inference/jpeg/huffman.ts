/** A canonical Huffman code: by length 1..16 the first and last code, and where its values begin. */
export interface HuffmanTable {
  /** By length; -1 where no code has that length. */
  readonly lastCode: Int32Array;
  /** By length: index of a code's value is the code plus this. */
  readonly offset: Int32Array;
  readonly values: Uint8Array;
}

/** The table of a DHT segment (ITU-T T.81, annex C); null when the code has more words than fit. */
export function huffmanTable(counts: Uint8Array, values: Uint8Array): HuffmanTable | null {
  const lastCode = new Int32Array(17).fill(-1);
  const offset = new Int32Array(17);
  let code = 0;
  let index = 0;
  for (let length = 1; length <= 16; length++) {
    const count = counts[length - 1];
    offset[length] = index - code;
    if (count > 0) {
      code += count;
      index += count;
      lastCode[length] = code - 1;
    }
    if (code > 1 << length) return null;
    code <<= 1;
  }
  return index === values.length ? { lastCode, offset, values } : null;
}

/** Thrown where a scan holds too few bits, or bits that mean nothing. */
export class ScanError extends Error {
  override readonly name = 'ScanError';
}

/** Reads the bits of entropy-coded data (T.81, F.2.2.5), without the zero bytes that follow FF. */
export class BitReader {
  readonly #bytes: Buffer;
  #at: number;
  #byte = 0;
  #bits = 0;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** Position behind the last byte of which a bit was read. */
  get position(): number {
    return this.#at;
  }

  /** Goes on at another byte, with all of its bits. */
  moveTo(at: number): void {
    this.#at = at;
    this.#bits = 0;
  }

  /** Throws `ScanError` where the data ends or a marker stands. */
  bit(): number {
    if (this.#bits === 0) this.#load();
    this.#bits--;
    return (this.#byte >> this.#bits) & 1;
  }

  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = (value << 1) | this.bit();
    return value;
  }

  skip(count: number): void {
    let left = count;
    while (left > this.#bits) {
      left -= this.#bits;
      this.#load();
    }
    this.#bits -= left;
  }

  /** Throws `ScanError` for a code that the table does not have. */
  symbol(table: HuffmanTable): number {
    let code = 0;
    for (let length = 1; length <= 16; length++) {
      code = (code << 1) | this.bit();
      if (code <= table.lastCode[length]) return table.values[code + table.offset[length]];
    }
    throw new ScanError('no such code');
  }

  #load(): void {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new ScanError('cut');
    if (byte === 0xff) {
      while (this.#bytes[this.#at] === 0xff) this.#at++;
      if (this.#bytes[this.#at++] !== 0) throw new ScanError('marker');
    }
    this.#byte = byte;
    this.#bits = 8;
  }
}
