import type { JpegComponent, JpegFrame } from './frame.ts';
import { type BitReader, type HuffmanTable, ScanError } from './huffman.ts';

/** What a scan header says (T.81, B.2.3). */
export interface ScanHeader {
  readonly parts: readonly {
    readonly component: JpegComponent;
    readonly dc: HuffmanTable | null;
    readonly ac: HuffmanTable | null;
  }[];
  /** First and last coefficient of the scan, in zigzag order. */
  readonly from: number;
  readonly to: number;
  /** Bits of the coefficients that earlier scans left out (0: this is the first), and that this one leaves out. */
  readonly before: number;
  readonly after: number;
}

/** Units in the scan. Each is followed by the next, row by row. */
export function unitCount({ parts }: ScanHeader, frame: JpegFrame): number {
  const [{ component }] = parts;
  return parts.length === 1 ? component.columns * component.rows : frame.unitColumns * frame.unitRows;
}

/**
 * Reads entropy-coded units without computing pixels (T.81, F.2 and G.2), to know where they end and that none is
 * missing. A method throws `ScanError` where the data is cut or damaged.
 */
export class ScanReader {
  readonly #bits: BitReader;
  readonly #frame: JpegFrame;
  readonly #scan: ScanHeader;
  /** Blocks that the last code of the end of a band still stands for. */
  #emptyBlocks = 0;

  constructor(bits: BitReader, frame: JpegFrame, scan: ScanHeader) {
    this.#bits = bits;
    this.#frame = frame;
    this.#scan = scan;
  }

  restart(): void {
    this.#emptyBlocks = 0;
  }

  readUnit(index: number): void {
    const { parts } = this.#scan;
    if (parts.length === 1) {
      const [part] = parts;
      const { columns, stride } = part.component;
      this.#readBlock(part, Math.floor(index / columns) * stride + (index % columns));
      return;
    }
    const column = index % this.#frame.unitColumns;
    const row = Math.floor(index / this.#frame.unitColumns);
    for (const part of parts) {
      const { across, down, stride } = part.component;
      for (let y = 0; y < down; y++)
        for (let x = 0; x < across; x++)
          this.#readBlock(part, (row * down + y) * stride + column * across + x);
    }
  }

  #readBlock(part: ScanHeader['parts'][number], block: number): void {
    const { from, before } = this.#scan;
    if (!this.#frame.progressive) this.#readSequential(part);
    else if (from === 0 && before > 0) this.#bits.skip(1);
    else if (from === 0) this.#bits.skip(this.#symbol(part.dc));
    else if (before === 0) this.#readBand(part, 64 * block);
    else this.#refineBand(part, 64 * block);
  }

  #readSequential({ dc, ac }: ScanHeader['parts'][number]): void {
    this.#bits.skip(this.#symbol(dc));
    for (let at = 1; at < 64; at++) {
      const symbol = this.#symbol(ac);
      const size = symbol & 15;
      const run = symbol >> 4;
      if (size === 0 && run !== 15) return;
      at += run;
      if (at > 63) throw new ScanError('too many coefficients');
      this.#bits.skip(size);
    }
  }

  #readBand({ ac, component }: ScanHeader['parts'][number], start: number): void {
    if (this.#emptyBlocks > 0) {
      this.#emptyBlocks--;
      return;
    }
    for (let at = this.#scan.from; at <= this.#scan.to; at++) {
      const symbol = this.#symbol(ac);
      const size = symbol & 15;
      const run = symbol >> 4;
      if (size === 0 && run !== 15) {
        this.#emptyBlocks = (1 << run) + this.#bits.bits(run) - 1;
        return;
      }
      at += run;
      if (at > 63) throw new ScanError('too many coefficients');
      this.#bits.skip(size);
      if (size > 0) component.known[start + at] = 1;
    }
  }

  #refineBand({ ac, component: { known } }: ScanHeader['parts'][number], start: number): void {
    const { from, to } = this.#scan;
    let at = from;
    if (this.#emptyBlocks === 0) {
      for (; at <= to; at++) {
        const symbol = this.#symbol(ac);
        const isNew = (symbol & 15) !== 0;
        let run = symbol >> 4;
        if (isNew) this.#bits.skip(1);
        else if (run !== 15) {
          this.#emptyBlocks = (1 << run) + this.#bits.bits(run);
          break;
        }
        for (; at <= to; at++) {
          if (known[start + at] === 1) this.#bits.skip(1);
          else if (--run < 0) break;
        }
        if (isNew && at <= to) known[start + at] = 1;
      }
    }
    if (this.#emptyBlocks === 0) return;
    for (; at <= to; at++) if (known[start + at] === 1) this.#bits.skip(1);
    this.#emptyBlocks--;
  }

  #symbol(table: HuffmanTable | null): number {
    if (table === null) throw new ScanError('no table');
    return this.#bits.symbol(table);
  }
}
