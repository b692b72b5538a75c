import { hasEachComponent, isWhole, type JpegFrame, readFrame } from './frame.ts';
import type { JpegHeader } from './header.ts';
import { BitReader, type HuffmanTable, huffmanTable, ScanError } from './huffman.ts';
import {
  isFrameHeader,
  isRestart,
  isTagged,
  type Marker,
  MARKER,
  nextMarker,
  segmentAt,
  standsAlone,
} from './markers.ts';
import { type ScanHeader, ScanReader, unitCount } from './scan.ts';
import { STANDARD_HUFFMAN_TABLES } from './standard-tables.ts';

/** Scans of a progressive picture that are followed. Each is a pass in JavaScript; encoders write about ten. */
const MAX_REPAIRED_SCANS = 24;
/**
 * Stray bytes behind a stretch of entropy-coded data that are no padding. Cameras are known to write one to some
 * twenty; of more, some were the picture's.
 */
const MAX_STRAY_BYTES = 64;
/** Blocks of a unit of several components (T.81, B.2.3). */
const MAX_UNIT_BLOCKS = 10;

/**
 * The same picture as a file without fault: with no stray bytes before markers, restart markers counted right, the
 * parameters of a sequential scan as they must be, one height, one start and an end. The entropy-coded data is read
 * through to its end for that, and copied as it is, so that every decoder gives the pixels that the fault-free file
 * has. Null when data is missing or damaged, and for codings other than Huffman's with 8 bits a sample. `header` is
 * that of `bytes`; its size has been checked.
 */
export function repairJpeg(bytes: Buffer, header: JpegHeader): Buffer | null {
  try {
    return new Repair(bytes, header).run();
  } catch (error) {
    if (error instanceof ScanError) return null;
    throw error;
  }
}

class Repair {
  readonly #bytes: Buffer;
  readonly #header: JpegHeader;
  readonly #out: Buffer[] = [Buffer.from([0xff, MARKER.SOI])];
  readonly #tables = new Map<number, HuffmanTable>();
  #frame: JpegFrame | null = null;
  #restartInterval = 0;
  #scans = 0;

  constructor(bytes: Buffer, header: JpegHeader) {
    this.#bytes = bytes;
    this.#header = header;
    this.#readTables(STANDARD_HUFFMAN_TABLES);
  }

  run(): Buffer | null {
    for (let at = 2; ; ) {
      const found = nextMarker(this.#bytes, at);
      if (found === null) return this.#isWhole ? this.#ended() : null;
      if (found.marker === MARKER.EOI)
        return this.#frame !== null && hasEachComponent(this.#frame) ? this.#ended() : null;
      at = found.end;
      // The next picture of a stream, where the first has no end marker.
      if (found.marker === MARKER.SOI && this.#isWhole) return this.#ended();
      if (standsAlone(found.marker)) continue;
      const segment = segmentAt(this.#bytes, at);
      // What is cut behind the last scan is no part of the picture.
      if (segment === null) return this.#isWhole ? this.#ended() : null;
      at += 2 + segment.length;
      if (found.marker === MARKER.SOS) at = this.#copyScan(segment, at);
      else this.#copySegment(found.marker, segment);
    }
  }

  get #isWhole(): boolean {
    return this.#frame !== null && isWhole(this.#frame);
  }

  /** The marker behind a stretch of entropy-coded data. Throws where so much stands before it that data is lost. */
  #markerBehindData(at: number): Marker | null {
    const found = nextMarker(this.#bytes, at);
    const strays = this.#bytes.subarray(at, found === null ? at : found.end - 2);
    if (strays.length > MAX_STRAY_BYTES && strays.filter(isNoPadding).length > MAX_STRAY_BYTES)
      throw new ScanError('too many stray bytes');
    return found;
  }

  #ended(): Buffer {
    return Buffer.concat([...this.#out, Buffer.from([0xff, MARKER.EOI])]);
  }

  #copySegment(marker: number, segment: Buffer): void {
    if (marker === MARKER.DNL) return;
    if (marker === MARKER.DHT) this.#readTables(segment);
    if (marker === MARKER.DRI && segment.length === 2) this.#restartInterval = segment.readUInt16BE(0);
    if (isFrameHeader(marker)) {
      this.#put(marker, this.#readFrame(marker, segment));
      return;
    }
    this.#put(marker, knownVersion(marker, segment, this.#header.components));
  }

  #put(marker: number, segment: Buffer): void {
    const length = segment.length + 2;
    this.#out.push(Buffer.from([0xff, marker, length >> 8, length & 255]), segment);
  }

  /** The frame header, with the height that stands behind the first scan. */
  #readFrame(marker: number, segment: Buffer): Buffer {
    const isHuffman = marker === MARKER.SOF0 || marker === MARKER.SOF1 || marker === MARKER.SOF2;
    if (!isHuffman || this.#frame !== null) throw new ScanError('another coding');
    const { height } = this.#header;
    this.#frame = readFrame(segment, height, marker === MARKER.SOF2);
    if (this.#frame === null) throw new ScanError('no frame header');
    const withHeight = Buffer.from(segment);
    withHeight.writeUInt16BE(height, 1);
    return withHeight;
  }

  #readTables(segment: Buffer): void {
    for (let at = 0; at < segment.length; ) {
      const counts = segment.subarray(at + 1, at + 17);
      const total = counts.reduce((sum, count) => sum + count, 0);
      const values = segment.subarray(at + 17, at + 17 + total);
      const table = counts.length === 16 && values.length === total ? huffmanTable(counts, values) : null;
      if (table === null) throw new ScanError('no Huffman table');
      this.#tables.set(segment[at], table);
      at += 17 + total;
    }
  }

  /** Copies a scan's header and its data. Returns the position behind them. */
  #copyScan(segment: Buffer, dataAt: number): number {
    const frame = this.#frame;
    if (frame === null || ++this.#scans > MAX_REPAIRED_SCANS) throw new ScanError('no scan');
    const scan = this.#readScanHeader(segment, frame);
    const header = Buffer.from(segment);
    header.set([scan.from, scan.to, (scan.before << 4) | scan.after], segment.length - 3);
    this.#put(MARKER.SOS, header);
    const end = this.#copyData(frame, scan, dataAt);
    for (const { component } of scan.parts) component.missingBits.fill(scan.after, scan.from, scan.to + 1);
    return end;
  }

  #readScanHeader(segment: Buffer, frame: JpegFrame): ScanHeader {
    const count = segment[0] ?? 0;
    if (count < 1 || count > 4 || segment.length !== 4 + 2 * count) throw new ScanError('no scan header');
    const parts = Array.from({ length: count }, (_unused, index) => {
      const component = frame.components.find(({ id }) => id === segment[1 + 2 * index]);
      if (component === undefined) throw new ScanError('no such component');
      const tables = segment[2 + 2 * index];
      return {
        component,
        dc: this.#tables.get(tables >> 4) ?? null,
        ac: this.#tables.get(0x10 | (tables & 15)) ?? null,
      };
    });
    const blocks = parts.reduce((sum, { component: { across, down } }) => sum + across * down, 0);
    const isRepeated = new Set(parts.map(({ component }) => component)).size < count;
    if (isRepeated || (count > 1 && blocks > MAX_UNIT_BLOCKS)) throw new ScanError('no scan header');
    if (!frame.progressive) return { parts, from: 0, to: 63, before: 0, after: 0 };
    const [from, to, bits] = segment.subarray(1 + 2 * count);
    const isBand = from > 0 && from <= to && to <= 63 && count === 1;
    if (!isBand && !(from === 0 && to === 0)) throw new ScanError('no band');
    return { parts, from, to, before: bits >> 4, after: bits & 15 };
  }

  #copyData(frame: JpegFrame, scan: ScanHeader, dataAt: number): number {
    const bits = new BitReader(this.#bytes, dataAt);
    const reader = new ScanReader(bits, frame, scan);
    const total = unitCount(scan, frame);
    const interval = this.#restartInterval === 0 ? total : this.#restartInterval;
    let start = dataAt;
    for (let unit = 0; unit < total; unit++) {
      reader.readUnit(unit);
      const isLast = unit === total - 1;
      if (!isLast && (unit + 1) % interval !== 0) continue;
      this.#out.push(this.#bytes.subarray(start, bits.position));
      if (isLast) {
        this.#markerBehindData(bits.position);
        break;
      }
      const found = this.#markerBehindData(bits.position);
      if (found === null || !isRestart(found.marker)) throw new ScanError('no restart');
      const number = Math.floor(unit / interval) % 8;
      this.#out.push(Buffer.from([0xff, MARKER.RST0 + number]));
      start = found.end;
      bits.moveTo(start);
      reader.restart();
    }
    return bits.position;
  }
}

function isNoPadding(byte: number): boolean {
  return byte !== 0 && byte !== 0xff;
}

/**
 * JFIF's and Adobe's segments with a version or a colour transform that decoders know. What libjpeg assumes of others,
 * with a warning, is written out.
 */
function knownVersion(marker: number, segment: Buffer, components: number): Buffer {
  const isJfif = marker === MARKER.APP0 && isTagged(segment, 'JFIF') && segment.length >= 14;
  if (isJfif && segment[5] !== 1) {
    const known = Buffer.from(segment);
    known[5] = 1;
    return known;
  }
  const isAdobe =
    marker === MARKER.APP14 && segment.length >= 12 && segment.toString('latin1', 0, 5) === 'Adobe';
  if (isAdobe && segment[11] > 2) {
    const known = Buffer.from(segment);
    known[11] = components === 4 ? 2 : 1;
    return known;
  }
  return segment;
}
