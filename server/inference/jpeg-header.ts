/** What the header of a JPEG says. */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  readonly bitsPerSample: number;
  readonly components: number;
  /** Whether there is an EXIF segment, which may say that the picture is rotated. */
  readonly hasExif: boolean;
}

/**
 * Most scans of a progressive picture. Each costs a pass over all pixels, even when it has few bytes. Encoders write
 * about ten.
 */
export const MAX_SCANS = 64;

const MARKER = { start: 0xd8, end: 0xd9, scan: 0xda, app1: 0xe1 } as const;
const EXIF = Buffer.from('Exif\0');

/**
 * Reads the segments before a JPEG's first scan (ITU-T T.81, annex B). Null when they are malformed, when there is no
 * frame header, and when the picture has more than `MAX_SCANS` scans, which cost decoding time.
 */
export function readJpegHeader(bytes: Buffer): JpegHeader | null {
  if (bytes.length < 4 || bytes[0] !== 0xff || bytes[1] !== MARKER.start) return null;
  let frame: Omit<JpegHeader, 'hasExif'> | null = null;
  let hasExif = false;
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes[at + 1];
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === MARKER.scan) {
      return frame === null || hasTooManyScans(bytes, at) ? null : { ...frame, hasExif };
    }
    if (marker === MARKER.end || marker === 0) return null;
    const length = bytes.readUInt16BE(at + 2);
    const segment = bytes.subarray(at + 4, at + 2 + length);
    if (length < 2 || segment.length !== length - 2) return null;
    if (marker === MARKER.app1 && segment.subarray(0, EXIF.length).equals(EXIF)) hasExif = true;
    if (isFrameHeader(marker)) {
      if (frame !== null || segment.length < 6) return null;
      frame = {
        bitsPerSample: segment[0],
        height: segment.readUInt16BE(1),
        width: segment.readUInt16BE(3),
        components: segment[5],
      };
    }
    at += 2 + length;
  }
  return null;
}

/** SOF0 to SOF15, without the three markers in that range that mean something else (DHT, JPG, DAC). */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function hasTooManyScans(bytes: Buffer, from: number): boolean {
  let scans = 0;
  // In entropy-coded data 0xff is always followed by 0 or by a restart marker, so that only scans are counted.
  for (let at = from; at !== -1 && at + 1 < bytes.length; at = bytes.indexOf(0xff, at + 1)) {
    if (bytes[at + 1] === MARKER.scan && ++scans > MAX_SCANS) return true;
  }
  return false;
}
