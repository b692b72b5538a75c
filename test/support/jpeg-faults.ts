import { jpegSegment } from './jpeg-writer.ts';

/** A piece of a JPEG: a marker with its segment, or entropy-coded data (marker null). */
export interface JpegPiece {
  readonly marker: number | null;
  readonly bytes: Buffer;
}

/** Takes a JPEG without fault apart. */
export function piecesOf(jpeg: Buffer): JpegPiece[] {
  const pieces: JpegPiece[] = [];
  for (let at = 0; at < jpeg.length; ) {
    const marker = jpeg[at + 1];
    const isBare = marker === 0xd8 || marker === 0xd9 || (marker >= 0xd0 && marker <= 0xd7);
    const end = at + 2 + (isBare ? 0 : jpeg.readUInt16BE(at + 2));
    pieces.push({ marker, bytes: jpeg.subarray(at, end) });
    at = end;
    if (marker !== 0xda && !(marker >= 0xd0 && marker <= 0xd7)) continue;
    let to = jpeg.indexOf(0xff, at);
    while (jpeg[to + 1] === 0) to = jpeg.indexOf(0xff, to + 2);
    pieces.push({ marker: null, bytes: jpeg.subarray(at, to) });
    at = to;
  }
  return pieces;
}

export function joined(pieces: readonly JpegPiece[]): Buffer {
  return Buffer.concat(pieces.map(({ bytes }) => bytes));
}

/** An EXIF segment with an orientation, and with a thumbnail that has markers of its own. */
export function exifSegment(orientation = 1): Buffer {
  const tiff = Buffer.from('49492a000800000001001201030001000000000000000000000000000000', 'hex');
  tiff.writeUInt16LE(orientation, 18);
  const thumbnail = Buffer.from('ffd8ffda0002ffd9', 'hex');
  return jpegSegment(0xe1, Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff, thumbnail]));
}

/** A fault that loses nothing, or a segment that cameras add: what it is, and how it is made. */
export type JpegFault = (pieces: readonly JpegPiece[]) => JpegPiece[];

const raw = (bytes: Buffer): JpegPiece => ({ marker: null, bytes });
const isRestart = (marker: number | null) => marker !== null && marker >= 0xd0 && marker <= 0xd7;
const behindStart =
  (bytes: Buffer): JpegFault =>
  ([start, ...rest]) => [start, raw(bytes), ...rest];

/** Stray bytes before each of these markers; none is before the first one. */
export function strayBefore(bytes: Buffer, isMeant: (marker: number) => boolean): JpegFault {
  return (pieces) =>
    pieces.flatMap((piece, at) =>
      at > 0 && piece.marker !== null && isMeant(piece.marker) ? [raw(bytes), piece] : [piece],
    );
}

const changed =
  (marker: number, change: (bytes: Buffer) => void): JpegFault =>
  (pieces) =>
    pieces.map((piece) => {
      if (piece.marker !== marker) return piece;
      const bytes = Buffer.from(piece.bytes);
      change(bytes);
      return { ...piece, bytes };
    });

/** By name. All keep the picture's data. */
export const JPEG_FAULTS = {
  'a stray byte before one restart marker': (pieces) => {
    const at = pieces.findIndex(({ marker }) => isRestart(marker));
    return at < 0 ? [...pieces] : [...pieces.slice(0, at), raw(Buffer.from([0x5a])), ...pieces.slice(at)];
  },
  'stray bytes before each restart marker': strayBefore(Buffer.from([1, 2, 3]), isRestart),
  'stray bytes before the end marker': strayBefore(Buffer.from([0x12, 0, 0x99]), (marker) => marker === 0xd9),
  'stray bytes before each segment': strayBefore(Buffer.from([7, 0xff, 0]), (marker) => !isRestart(marker)),
  'zeros up to a full block before the end marker': strayBefore(
    Buffer.alloc(700),
    (marker) => marker === 0xd9,
  ),
  'a scan 0–0': changed(0xda, (bytes) => {
    if (bytes.at(-2) === 63 && bytes.at(-3) === 0) bytes.fill(0, bytes.length - 3);
  }),
  'no end marker': (pieces) => pieces.filter(({ marker }) => marker !== 0xd9),
  'half an end marker': (pieces) => [
    ...pieces.filter(({ marker }) => marker !== 0xd9),
    raw(Buffer.from([0xff])),
  ],
  'another picture in place of the end marker': (pieces) => [
    ...pieces.filter(({ marker }) => marker !== 0xd9),
    ...pieces,
  ],
  'bytes behind the end': (pieces) => [...pieces, raw(Buffer.from('trailing \xff\xd8\xff\xda', 'latin1'))],
  'two start markers': behindStart(Buffer.from([0xff, 0xd8])),
  'EXIF with a thumbnail': behindStart(exifSegment()),
  'EXIF that is damaged': behindStart(
    jpegSegment(0xe1, Buffer.from('Exif\0\0II*\0\xff\xff\xff\xff', 'latin1')),
  ),
  "Adobe's header": behindStart(jpegSegment(0xee, Buffer.from('Adobe\0d\0\0\0\0\x01', 'latin1'))),
  "Adobe's header of an unknown transform": behindStart(
    jpegSegment(0xee, Buffer.from('Adobe\0d\0\0\0\0\x07', 'latin1')),
  ),
  'JFIF of an unknown version': changed(0xe0, (bytes) => {
    bytes[9] = 3;
  }),
  'no JFIF header': (pieces) => pieces.filter(({ marker }) => marker !== 0xe0),
  'restart markers counted from one': (pieces) =>
    pieces.map((piece) => {
      if (piece.marker === null || !isRestart(piece.marker)) return piece;
      const marker = 0xd0 + ((piece.marker + 1) & 7);
      return { marker, bytes: Buffer.from([0xff, marker]) };
    }),
  'the height behind the first scan': (pieces) => {
    const frame = pieces.find(({ marker }) => marker !== null && marker >= 0xc0 && marker <= 0xc2);
    const height = frame?.bytes.subarray(5, 7) ?? Buffer.alloc(2);
    const lines = { marker: 0xdc, bytes: jpegSegment(0xdc, height) };
    const zero = changed(frame?.marker ?? 0, (bytes) => void bytes.writeUInt16BE(0, 5))(pieces);
    const first = zero.findIndex(({ marker }) => marker === 0xda);
    const behind = zero.findIndex(({ marker }, at) => at > first && marker !== null && !isRestart(marker));
    const at = behind < 0 ? zero.length : behind;
    return [...zero.slice(0, at), lines, ...zero.slice(at)];
  },
  // The last, because no other fault may come between fill bytes and their marker.
  'fill bytes before each marker': strayBefore(Buffer.from([0xff, 0xff]), () => true),
} as const satisfies Record<string, JpegFault>;
