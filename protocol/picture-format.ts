/** Major brands of ISO base media files (ISO/IEC 14496-12) that hold a still picture. */
const STILL_BRANDS: Readonly<Record<string, string>> = {
  heic: 'HEIC',
  heix: 'HEIC',
  heim: 'HEIC',
  heis: 'HEIC',
  hevc: 'HEIC',
  hevx: 'HEIC',
  mif1: 'HEIF',
  msf1: 'HEIF',
  avif: 'AVIF',
  avis: 'AVIF',
};

/** What files of other kinds begin with, and how people call them. */
const SIGNATURES: readonly (readonly [signature: string, name: string])[] = [
  ['GIF8', 'GIF'],
  ['BM', 'BMP'],
  ['II*\0', 'TIFF (or a camera’s raw picture)'],
  ['MM\0*', 'TIFF (or a camera’s raw picture)'],
  ['\xff\x0a', 'JPEG XL'],
  ['\0\0\0\x0cJXL ', 'JPEG XL'],
  ['\0\0\0\x0cjP  ', 'JPEG 2000'],
  ['\xff\x4f\xff\x51', 'JPEG 2000'],
  ['8BPS', 'Photoshop'],
  ['%PDF', 'PDF'],
  ['<svg', 'SVG'],
  ['<?xml', 'SVG or other XML'],
  ['\x1a\x45\xdf\xa3', 'WebM or Matroska video'],
];

/** JPEGs by the coding that their frame header names (ITU-T T.81, table B.1). */
const RARE_CODINGS: Readonly<Record<number, string>> = {
  0xc3: 'lossless JPEG',
  0xc5: 'hierarchical JPEG',
  0xc6: 'hierarchical JPEG',
  0xc7: 'hierarchical JPEG',
  0xc9: 'arithmetic-coded JPEG',
  0xca: 'arithmetic-coded JPEG',
  0xcb: 'arithmetic-coded JPEG',
  0xcd: 'hierarchical JPEG',
  0xce: 'hierarchical JPEG',
  0xcf: 'hierarchical JPEG',
};

/**
 * The name of a picture's format where it is known and not one that the service takes; else null. It reads a few bytes
 * of the beginning, and says nothing of whether the rest is whole.
 */
export function foreignFormat(bytes: Uint8Array): string | null {
  const start = latin1(bytes, 0, 12);
  if (start.startsWith('\xff\xd8')) return rareJpeg(bytes);
  if (start.slice(4, 8) === 'ftyp') return STILL_BRANDS[start.slice(8, 12)] ?? 'MP4 or QuickTime video';
  if (start.startsWith('RIFF') && start.slice(8, 11) === 'AVI') return 'AVI video';
  return SIGNATURES.find(([signature]) => start.startsWith(signature))?.[1] ?? null;
}

/** Whether these are the bytes of a HEIC or HEIF picture, as telephones make them: the service takes none. */
export function isHeic(bytes: Uint8Array): boolean {
  return ['HEIC', 'HEIF'].includes(foreignFormat(bytes) ?? '');
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}

/** Follows the segments up to the frame header. */
function rareJpeg(bytes: Uint8Array): string | null {
  for (let at = 2; at + 4 < bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === 0xda) return null;
    const rare = RARE_CODINGS[marker];
    if (rare !== undefined) return rare;
    if (marker === 0xc0 || marker === 0xc1 || marker === 0xc2) {
      const bits = bytes[at + 4] ?? 8;
      return bits === 8 ? null : `${bits}-bit JPEG`;
    }
    at += 2 + (bytes[at + 2] ?? 0) * 256 + (bytes[at + 3] ?? 0);
  }
  return null;
}
