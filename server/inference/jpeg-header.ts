/** What a JPEG says about itself before its pixels. */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  readonly bitsPerSample: number;
  readonly components: number;
  /** An EXIF segment is there, which may turn the picture. */
  readonly hasExif: boolean;
}

/**
 * Progressive pictures come in scans, each of which costs a pass over all pixels however few bytes it has.
 * Encoders write about ten.
 */
export const MAX_SCANS = 64;

const MARKER = { start: 0xd8, end: 0xd9, scan: 0xda, app1: 0xe1 } as const;
const EXIF = Buffer.from('Exif\0');

/**
 * Reads the segments before a JPEG's first scan (ITU-T T.81, annex B), or gives null when they are not well
 * formed, hold no frame header, or the picture has so many scans that it can only be meant to burn time.
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

/** SOF0..SOF15 but for the three numbers in that range that mean something else (DHT, JPG, DAC). */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function hasTooManyScans(bytes: Buffer, from: number): boolean {
  let scans = 0;
  // Inside entropy-coded data 0xff is always followed by 0 or a restart marker, so that this counts scans only.
  for (let at = from; at !== -1 && at + 1 < bytes.length; at = bytes.indexOf(0xff, at + 1)) {
    if (bytes[at + 1] === MARKER.scan && ++scans > MAX_SCANS) return true;
  }
  return false;
}
