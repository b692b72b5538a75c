import { huffmanTable } from '../../server/inference/jpeg/huffman.ts';
import { STANDARD_HUFFMAN_TABLES } from '../../server/inference/jpeg/standard-tables.ts';
import type { RgbImage } from '../../server/vision/image.ts';

/** Blocks of a unit across and down, of luma and the two chromas. */
export type Sampling = readonly (readonly [across: number, down: number])[];

export interface JpegForm {
  readonly sampling: Sampling;
  /** Units between restart markers; 0: none. */
  readonly restartInterval: number;
  /** One scan for each component in place of one for all. */
  readonly apart?: boolean;
}

/** In zigzag order, where a coefficient lies in its block (T.81, figure A.6). */
const ZIGZAG = Array.from({ length: 64 }, (_unused, at) => at).toSorted((a, b) => {
  const [sumA, sumB] = [a, b].map((at) => (at >> 3) + (at & 7));
  return sumA - sumB || (sumA % 2 === 0 ? b - a : a - b);
});
const QUANTISER = 6;

/** A baseline JPEG with the standard Huffman tables (T.81): of any sampling, which no library here writes. */
export function writeJpeg(image: RgbImage, { sampling, restartInterval, apart = false }: JpegForm): Buffer {
  const most = [0, 1].map((axis) => Math.max(...sampling.map((factors) => factors[axis])));
  const planes = sampling.map((factors, index) => planeOf(image, index, factors, most));
  const groups = apart
    ? sampling.map((_unused, index) => [index])
    : [sampling.map((_unused, index) => index)];
  const units = [image.width, image.height].map((size, axis) => Math.ceil(size / (8 * most[axis])));
  const { width, height } = image;
  const size = [height >> 8, height & 255, width >> 8, width & 255];
  const parts = [
    Buffer.from([0xff, 0xd8]),
    jpegSegment(0xe0, Buffer.from('JFIF\0\x01\x01\0\0\x01\0\x01\0\0', 'latin1')),
    jpegSegment(0xdb, Buffer.from([0, ...Array<number>(64).fill(QUANTISER)])),
    jpegSegment(
      0xc0,
      Buffer.from([
        8,
        ...size,
        sampling.length,
        ...sampling.flatMap(([across, down], index) => [index + 1, (across << 4) | down, 0]),
      ]),
    ),
    jpegSegment(0xc4, STANDARD_HUFFMAN_TABLES),
    ...(restartInterval === 0
      ? []
      : [jpegSegment(0xdd, Buffer.from([restartInterval >> 8, restartInterval & 255]))]),
  ];
  for (const group of groups) {
    const selectors = group.flatMap((index) => [index + 1, index === 0 ? 0x00 : 0x11]);
    parts.push(jpegSegment(0xda, Buffer.from([group.length, ...selectors, 0, 63, 0])));
    parts.push(...scanOf(group, sampling, planes, units, [width, height], most, restartInterval));
  }
  return Buffer.concat([...parts, Buffer.from([0xff, 0xd9])]);
}

/** A marker segment with its length. */
export function jpegSegment(marker: number, content: Uint8Array): Buffer {
  const length = content.length + 2;
  return Buffer.concat([Buffer.from([0xff, marker, length >> 8, length & 255]), content]);
}

interface Plane {
  readonly columns: number;
  readonly sample: (x: number, y: number) => number;
}

/** One component, each of its samples the mean of the pixels that it stands for. */
function planeOf(
  { data, width, height }: RgbImage,
  component: number,
  [across, down]: readonly [number, number],
  [mostAcross, mostDown]: readonly number[],
): Plane {
  const columns = Math.ceil((width * across) / mostAcross);
  const rows = Math.ceil((height * down) / mostDown);
  const [stepX, stepY] = [mostAcross / across, mostDown / down];
  const samples = new Float64Array(columns * rows);
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      let [sum, count] = [0, 0];
      for (
        let py = Math.floor(y * stepY);
        py < Math.min(height, Math.max((y + 1) * stepY, y * stepY + 1));
        py++
      )
        for (
          let px = Math.floor(x * stepX);
          px < Math.min(width, Math.max((x + 1) * stepX, x * stepX + 1));
          px++
        ) {
          const at = 3 * (py * width + px);
          const [red, green, blue] = [data[at], data[at + 1], data[at + 2]];
          // JFIF's YCbCr, less the middle of the range.
          sum += [
            0.299 * red + 0.587 * green + 0.114 * blue - 128,
            -0.168736 * red - 0.331264 * green + 0.5 * blue,
            0.5 * red - 0.418688 * green - 0.081312 * blue,
          ][component];
          count++;
        }
      samples[y * columns + x] = sum / count;
    }
  const sample = (x: number, y: number) =>
    samples[Math.min(y, rows - 1) * columns + Math.min(x, columns - 1)];
  return { columns, sample };
}

function* scanOf(
  group: readonly number[],
  sampling: Sampling,
  planes: readonly Plane[],
  units: readonly number[],
  size: readonly number[],
  most: readonly number[],
  restartInterval: number,
): Generator<Buffer> {
  const alone = group.length === 1;
  const [columns, rows] = alone
    ? [0, 1].map((axis) => Math.ceil(Math.ceil((size[axis] * sampling[group[0]][axis]) / most[axis]) / 8))
    : units;
  let bits = new BitWriter();
  let before = sampling.map(() => 0);
  for (let unit = 0; unit < columns * rows; unit++) {
    if (restartInterval > 0 && unit > 0 && unit % restartInterval === 0) {
      yield bits.end();
      yield Buffer.from([0xff, 0xd0 + ((unit / restartInterval - 1) % 8)]);
      bits = new BitWriter();
      before = sampling.map(() => 0);
    }
    const [column, row] = [unit % columns, Math.floor(unit / columns)];
    for (const index of group) {
      const [across, down] = alone ? [1, 1] : sampling[index];
      for (let y = 0; y < down; y++)
        for (let x = 0; x < across; x++) {
          const block = transformed(planes[index], 8 * (column * across + x), 8 * (row * down + y));
          writeBlock(bits, block, before[index], index === 0 ? 0 : 1);
          before[index] = block[0];
        }
    }
  }
  yield bits.end();
}

const COSINE = Array.from({ length: 64 }, (_unused, at) => {
  const [frequency, place] = [at >> 3, at & 7];
  return Math.cos(((2 * place + 1) * frequency * Math.PI) / 16) * (frequency === 0 ? Math.SQRT1_2 : 1) * 0.5;
});

/** The quantised coefficients of a block, in zigzag order. */
function transformed({ sample }: Plane, left: number, top: number): number[] {
  const across = Array.from({ length: 64 }, (_unused, at) => {
    const [y, frequency] = [at >> 3, at & 7];
    let sum = 0;
    for (let x = 0; x < 8; x++) sum += sample(left + x, top + y) * COSINE[frequency * 8 + x];
    return sum;
  });
  return ZIGZAG.map((at) => {
    const [down, right] = [at >> 3, at & 7];
    let sum = 0;
    for (let y = 0; y < 8; y++) sum += across[y * 8 + right] * COSINE[down * 8 + y];
    return Math.round(sum / QUANTISER);
  });
}

function writeBlock(bits: BitWriter, block: readonly number[], before: number, table: 0 | 1): void {
  bits.symbol(TABLES[table], sizeOf(block[0] - before));
  bits.value(block[0] - before);
  let run = 0;
  const last = block.findLastIndex((value, at) => at > 0 && value !== 0);
  for (let at = 1; at <= last; at++) {
    if (block[at] === 0) {
      run++;
      continue;
    }
    for (; run > 15; run -= 16) bits.symbol(TABLES[2 + table], 0xf0);
    bits.symbol(TABLES[2 + table], (run << 4) | sizeOf(block[at]));
    bits.value(block[at]);
    run = 0;
  }
  if (last < 63) bits.symbol(TABLES[2 + table], 0);
}

function sizeOf(value: number): number {
  return 32 - Math.clz32(Math.abs(value));
}

type Codes = ReadonlyMap<number, { readonly code: number; readonly length: number }>;

/** DC of luma and chroma, then AC. */
const TABLES: readonly Codes[] = (() => {
  const tables: Codes[] = [];
  for (let at = 0; at < STANDARD_HUFFMAN_TABLES.length; ) {
    const counts = STANDARD_HUFFMAN_TABLES.subarray(at + 1, at + 17);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const table = huffmanTable(counts, STANDARD_HUFFMAN_TABLES.subarray(at + 17, at + 17 + total));
    if (table === null) throw new Error('no table');
    const codes = new Map<number, { code: number; length: number }>();
    for (let length = 1; length <= 16; length++)
      for (let back = counts[length - 1] - 1; back >= 0; back--) {
        const code = table.lastCode[length] - back;
        codes.set(table.values[code + table.offset[length]], { code, length });
      }
    tables.push(codes);
    at += 17 + total;
  }
  const [dcLuma, acLuma, dcChroma, acChroma] = tables;
  return [dcLuma, dcChroma, acLuma, acChroma];
})();

class BitWriter {
  readonly #bytes: number[] = [];
  #byte = 0;
  #used = 0;

  put(value: number, length: number): void {
    for (let at = length - 1; at >= 0; at--) {
      this.#byte = (this.#byte << 1) | ((value >> at) & 1);
      if (++this.#used < 8) continue;
      this.#bytes.push(this.#byte);
      if (this.#byte === 0xff) this.#bytes.push(0);
      this.#byte = 0;
      this.#used = 0;
    }
  }

  symbol(codes: Codes, symbol: number): void {
    const found = codes.get(symbol);
    if (found === undefined) throw new RangeError(`no code for ${symbol}`);
    this.put(found.code, found.length);
  }

  value(value: number): void {
    const size = sizeOf(value);
    this.put(value < 0 ? value + (1 << size) - 1 : value, size);
  }

  end(): Buffer {
    if (this.#used > 0) this.put(0xff, 8 - this.#used);
    return Buffer.from(this.#bytes);
  }
}
