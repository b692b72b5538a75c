import { decodeMulti, encode, ExtensionCodec } from '@msgpack/msgpack';
import type { Outcome } from '../../protocol/status.ts';
import type { Policy } from '../policy/shape.ts';
import { presentPolicy, presentReasons } from '../decision/former-names.ts';
import type { SessionEvent } from '../session/event.ts';
import type { SessionRequest } from '../session/ports.ts';
import type { SessionContext } from '../session/state.ts';

export const RECORDING_VERSION = 1;
export const RECORDING_SUFFIX = '.session';

/** What a recording begins with. */
export interface RecordingHeader {
  readonly type: 'session';
  readonly version: typeof RECORDING_VERSION;
  readonly mode: SessionRequest['mode'];
  /** The policy in force, whole: a decision can be made again when its thresholds have changed. */
  readonly policy: Policy;
  readonly models: SessionContext['models'];
}

/** What a recording of a session that came to its end closes with. */
export type RecordingEnd =
  | { readonly type: 'decided'; readonly outcome: Outcome; readonly reasons: readonly string[] }
  /** It ended without a decision: by an error, or because the client left before its hello. */
  | { readonly type: 'closed' };

/** A session's events as the server folded them. Times run from the session's start. */
export interface SessionRecord {
  readonly header: RecordingHeader;
  readonly events: readonly SessionEvent[];
  /** Null: the recording was cut off. */
  readonly end: RecordingEnd | null;
}

/** MessagePack extension type for 32-bit floats, little-endian. */
const FLOATS = 1;

/** MessagePack for analyses: 32-bit floats keep their type and their exact values. */
export const analysisCodec = new ExtensionCodec();
analysisCodec.register({
  type: FLOATS,
  encode: (value) =>
    value instanceof Float32Array ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : null,
  // A copy, because floats need not lie on a multiple of four bytes; a Buffer's own `slice` would be none.
  decode: (bytes) => new Float32Array(new Uint8Array(bytes).buffer),
});

/** One part of a recording. A recording is its parts, one after the other. */
export function encodePart(part: RecordingHeader | SessionEvent | RecordingEnd): Uint8Array {
  return encode(part, { extensionCodec: analysisCodec, ignoreUndefined: true });
}

/** Reads a whole recording. Throws when the bytes are none, or of another version. */
export function decodeRecording(bytes: Uint8Array): SessionRecord {
  // Written by this module, on a machine of the operator's own.
  const parts = [...decodeMulti(bytes, { extensionCodec: analysisCodec })] as (
    | RecordingHeader
    | SessionEvent
    | RecordingEnd
  )[];
  const header = parts.shift();
  if (header?.type !== 'session' || header.version !== RECORDING_VERSION) {
    throw new Error('This is no recording of a session, or one of another version.');
  }
  const last = parts.at(-1);
  const end = last?.type === 'decided' || last?.type === 'closed' ? last : null;
  const events = (end === null ? parts : parts.slice(0, -1)) as readonly SessionEvent[];
  return {
    header: { ...header, policy: presentPolicy(header.policy) },
    events,
    end: end?.type === 'decided' ? { ...end, reasons: presentReasons(end.reasons) } : end,
  };
}
