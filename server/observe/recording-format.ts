import { decodeMulti, encode, ExtensionCodec } from '@msgpack/msgpack';
import type { Outcome } from '../../protocol/status.ts';
import type { Policy } from '../policy/shape.ts';
import { presentPolicy, presentNames } from '../decision/former-names.ts';
import type { SessionEvent } from '../session/event.ts';
import type { SessionRequest } from '../session/ports.ts';
import type { SessionContext } from '../session/state.ts';

export const RECORDING_VERSION = 1;
export const RECORDING_SUFFIX = '.session';

/** The first part of a recording. */
export interface RecordingHeader {
  readonly type: 'session';
  readonly version: typeof RECORDING_VERSION;
  readonly mode: SessionRequest['mode'];
  /** The whole policy in force, so that the decision can be made again after its thresholds have changed. */
  readonly policy: Policy;
  readonly models: SessionContext['models'];
}

/** The last part of the recording of a session that ended. */
export type RecordingEnd =
  /** Reasons are text, since a newer version may have recorded the session. */
  | { readonly type: 'decided'; readonly outcome: Outcome; readonly reasons: readonly string[] }
  /** The session ended without a decision: by an error, or because the client left before its hello. */
  | { readonly type: 'closed' };

/** A session's events in the order in which the server processed them. Times count from the session's start. */
export interface SessionRecord {
  readonly header: RecordingHeader;
  readonly events: readonly SessionEvent[];
  /** Null when the recording was cut off. */
  readonly end: RecordingEnd | null;
}

/** MessagePack extension type for 32-bit floats, little-endian. */
const FLOATS_TYPE = 1;

/** MessagePack for analyses: 32-bit floats keep their type and their exact values. */
export const analysisCodec = new ExtensionCodec();
analysisCodec.register({
  type: FLOATS_TYPE,
  encode: (value) =>
    value instanceof Float32Array ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : null,
  // `new Uint8Array` copies, so that the floats begin at a multiple of four bytes. The `slice` of a Buffer would not.
  decode: (bytes) => new Float32Array(new Uint8Array(bytes).buffer),
});

/** Encodes one part. A recording is the concatenation of its parts. */
export function encodePart(part: RecordingHeader | SessionEvent | RecordingEnd): Uint8Array {
  return encode(part, { extensionCodec: analysisCodec, ignoreUndefined: true });
}

/** Reads a whole recording. Throws when the bytes are not a recording or have another version of the format. */
export function decodeRecording(bytes: Uint8Array): SessionRecord {
  // This module wrote it, on the operator's own machine, so its parts are not checked one by one.
  const parts = [...decodeMulti(bytes, { extensionCodec: analysisCodec })] as (
    | RecordingHeader
    | SessionEvent
    | RecordingEnd
  )[];
  const header = parts.shift();
  if (header?.type !== 'session' || header.version !== RECORDING_VERSION) {
    throw new Error('This is not a recording of a session, or its format has another version.');
  }
  const last = parts.at(-1);
  const end = last?.type === 'decided' || last?.type === 'closed' ? last : null;
  const events = (end === null ? parts : parts.slice(0, -1)) as readonly SessionEvent[];
  return {
    header: { ...header, policy: presentPolicy(header.policy) },
    events,
    end: end?.type === 'decided' ? { ...end, reasons: presentNames(end.reasons) } : end,
  };
}
