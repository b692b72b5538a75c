import { exifOrientation, type Orientation } from './exif-orientation.ts';
import { isFrameHeader, isRestart, isTagged, MARKER, nextMarker, segmentAt, standsAlone } from './markers.ts';

/** What the header of a JPEG says. */
export interface JpegHeader {
  readonly width: number;
  /** In a few files it stands behind the first scan (DNL). 0: it stands nowhere. */
  readonly height: number;
  readonly bitsPerSample: number;
  readonly components: number;
  /** The frame header's marker, such as `MARKER.SOF0`: it names the coding. */
  readonly coding: number;
  /** By component, how many blocks a unit has across and down, each as one hexadecimal digit: `221111` is 4:2:0. */
  readonly sampling: string;
  readonly orientation: Orientation;
}

/**
 * Most scans of a progressive picture. Each costs a pass over all pixels, even when it has few bytes. Encoders write
 * about ten.
 */
export const MAX_SCANS = 64;

/** Most segments before the first scan. Cameras write some twenty, and up to a hundred with large profiles. */
const MAX_SEGMENTS = 100_000;

/**
 * Reads the segments before a JPEG's first scan (ITU-T T.81, annex B). Null when they are malformed, when there is no
 * frame header, and when the picture has more than `MAX_SCANS` scans, which cost decoding time.
 */
export function readJpegHeader(bytes: Buffer): JpegHeader | null {
  if (bytes.length < 4 || bytes[0] !== 0xff || bytes[1] !== MARKER.SOI) return null;
  let frame: Omit<JpegHeader, 'orientation'> | null = null;
  let exif: Buffer | null = null;
  let at = 2;
  for (let segments = 0; segments < MAX_SEGMENTS; segments++) {
    const found = nextMarker(bytes, at);
    if (found === null || found.marker === MARKER.EOI) return null;
    const { marker, end } = found;
    at = end;
    if (standsAlone(marker)) continue;
    const segment = segmentAt(bytes, at);
    if (segment === null) return null;
    at += segment.length + 2;
    if (marker === MARKER.SOS) {
      if (frame === null || hasTooManyScans(bytes, end - 2)) return null;
      const height = frame.height === 0 ? heightBehindScan(bytes, at) : frame.height;
      return { ...frame, height, orientation: exif === null ? 1 : exifOrientation(exif) };
    }
    if (marker === MARKER.APP1 && exif === null && isTagged(segment, 'Exif')) exif = segment.subarray(6);
    if (isFrameHeader(marker)) {
      if (frame !== null || segment.length < 6) return null;
      frame = {
        bitsPerSample: segment[0],
        height: segment.readUInt16BE(1),
        width: segment.readUInt16BE(3),
        components: segment[5],
        coding: marker,
        sampling: samplingOf(segment),
      };
    }
  }
  return null;
}

function samplingOf(frameHeader: Buffer): string {
  let sampling = '';
  for (let at = 7; at < frameHeader.length; at += 3) sampling += frameHeader.toString('hex', at, at + 1);
  return sampling;
}

/** The number of lines in a DNL segment behind the first scan (T.81, B.2.5); 0 when there is none. */
function heightBehindScan(bytes: Buffer, scanAt: number): number {
  let found = nextMarker(bytes, scanAt);
  while (found !== null && isRestart(found.marker)) found = nextMarker(bytes, found.end);
  if (found?.marker !== MARKER.DNL) return 0;
  const segment = segmentAt(bytes, found.end);
  return segment?.length === 2 ? segment.readUInt16BE(0) : 0;
}

function hasTooManyScans(bytes: Buffer, from: number): boolean {
  let scans = 0;
  // In entropy-coded data 0xff is always followed by 0 or by a restart marker, so that only scans are counted.
  for (let at = from; at !== -1 && at + 1 < bytes.length; at = bytes.indexOf(0xff, at + 1)) {
    if (bytes[at + 1] === MARKER.SOS && ++scans > MAX_SCANS) return true;
  }
  return false;
}
