import { decode, encode } from '@msgpack/msgpack';
import { analysisCodec } from '../../../server/observe/recording-format.ts';
import type { FrameAnalysis } from '../../../server/vision/analysis.ts';

/** Encodes analyses with all their fields as MessagePack. */
export function encodeAnalyses(analyses: readonly FrameAnalysis[]): Uint8Array {
  return encode(analyses, { extensionCodec: analysisCodec, ignoreUndefined: true });
}

/** Decodes what `encodeAnalyses` wrote. Throws for any other bytes. */
export function decodeAnalyses(bytes: Uint8Array): FrameAnalysis[] {
  // This module wrote the bytes: the cache finds them by the hash of its code.
  return decode(bytes, { extensionCodec: analysisCodec }) as FrameAnalysis[];
}
