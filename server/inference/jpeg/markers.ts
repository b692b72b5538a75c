/** Second bytes of JPEG's markers (ITU-T T.81, table B.1). */
export const MARKER = {
  TEM: 0x01,
  SOF0: 0xc0,
  SOF1: 0xc1,
  SOF2: 0xc2,
  DHT: 0xc4,
  RST0: 0xd0,
  RST7: 0xd7,
  SOI: 0xd8,
  EOI: 0xd9,
  SOS: 0xda,
  DNL: 0xdc,
  DRI: 0xdd,
  APP0: 0xe0,
  APP1: 0xe1,
  APP14: 0xee,
} as const;

/** SOF0 to SOF15, without the three markers in that range that mean something else (DHT, JPG, DAC). */
export function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

export function isRestart(marker: number): boolean {
  return marker >= MARKER.RST0 && marker <= MARKER.RST7;
}

/** Markers without a length and content. */
export function standsAlone(marker: number): boolean {
  return marker === MARKER.TEM || marker === MARKER.SOI || marker === MARKER.EOI || isRestart(marker);
}

export interface Marker {
  readonly marker: number;
  /** Position behind the marker's two bytes. */
  readonly end: number;
}

/**
 * The next marker at or behind `at`; null when there is none. Skips stray bytes before it and fill bytes (FF), as
 * libjpeg does. Some cameras write a byte too many before a marker.
 */
export function nextMarker(bytes: Buffer, at: number): Marker | null {
  for (let found = bytes.indexOf(0xff, at); found !== -1; found = bytes.indexOf(0xff, found)) {
    while (bytes[found] === 0xff) found++;
    const marker = bytes[found];
    if (marker === undefined) return null;
    if (marker !== 0) return { marker, end: found + 1 };
  }
  return null;
}

/** The content of the segment whose length stands at `at`; null when it is cut or its length is impossible. */
export function segmentAt(bytes: Buffer, at: number): Buffer | null {
  if (at + 2 > bytes.length) return null;
  const length = bytes.readUInt16BE(at);
  if (length < 2 || at + length > bytes.length) return null;
  return bytes.subarray(at + 2, at + length);
}

/** Whether a segment begins with these ASCII letters and a zero byte. */
export function isTagged(segment: Buffer, tag: string): boolean {
  return segment.length > tag.length && segment.toString('latin1', 0, tag.length + 1) === `${tag}\0`;
}
