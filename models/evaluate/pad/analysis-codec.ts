import { decode, encode, ExtensionCodec } from '@msgpack/msgpack';
import type { FrameAnalysis } from '../../../server/vision/analysis.ts';

/** MessagePack extension type for 32-bit floats, little-endian. */
const FLOATS = 1;

const extensionCodec = new ExtensionCodec();
extensionCodec.register({
  type: FLOATS,
  encode: (value) =>
    value instanceof Float32Array ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : null,
  // A copy, because floats need not lie on a multiple of four bytes; a Buffer's own `slice` would be none.
  decode: (bytes) => new Float32Array(new Uint8Array(bytes).buffer),
});

/** MessagePack of analyses with all their fields, whatever they are. */
export function encodeAnalyses(analyses: readonly FrameAnalysis[]): Uint8Array {
  return encode(analyses, { extensionCodec, ignoreUndefined: true });
}

/** Reads what `encodeAnalyses` wrote. Throws on anything else. */
export function decodeAnalyses(bytes: Uint8Array): FrameAnalysis[] {
  // Written by this module and found by the hash of the code that wrote it.
  return decode(bytes, { extensionCodec }) as FrameAnalysis[];
}
