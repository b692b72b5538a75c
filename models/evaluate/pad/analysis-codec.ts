import { decode, encode } from '@msgpack/msgpack';
import { analysisCodec } from '../../../server/observe/recording-format.ts';
import type { FrameAnalysis } from '../../../server/vision/analysis.ts';

/** MessagePack of analyses with all their fields, whatever they are. */
export function encodeAnalyses(analyses: readonly FrameAnalysis[]): Uint8Array {
  return encode(analyses, { extensionCodec: analysisCodec, ignoreUndefined: true });
}

/** Reads what `encodeAnalyses` wrote. Throws on anything else. */
export function decodeAnalyses(bytes: Uint8Array): FrameAnalysis[] {
  // Written by this module and found by the hash of the code that wrote it.
  return decode(bytes, { extensionCodec: analysisCodec }) as FrameAnalysis[];
}
