/**
 * The browser's counterpart of `protocol/codec.ts`. It accepts and refuses the same messages at a tenth of the download
 * size. It generates no code, which a strict content security policy forbids. A test compares it with the codec.
 */
import { Decoder, encode } from '@msgpack/msgpack';
import {
  type Downstream,
  ERRORS,
  CHALLENGE_KINDS,
  DECISION_CAUSES,
  HINTS,
  MODES,
  OUTCOMES,
  PHASES,
  RETRIES,
  type Upstream,
} from '@veriframe/protocol';
import { FaceSessionError } from './errors.ts';

type Check = (value: unknown) => boolean;
type Fields = Readonly<Record<string, Check>>;

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);

const text: Check = (value) => typeof value === 'string';
const hexColour: Check = (value) => typeof value === 'string' && /^#[0-9a-f]{6}$/.test(value);
const flag: Check = (value) => typeof value === 'boolean';
const finite: Check = (value) => Number.isFinite(value);
const atLeast =
  (least: number): Check =>
  (value) =>
    typeof value === 'number' && Number.isFinite(value) && value >= least;
const positive: Check = (value) => typeof value === 'number' && Number.isFinite(value) && value > 0;
const count: Check = (value) => Number.isSafeInteger(value) && positive(value);
const fraction: Check = (value) => typeof value === 'number' && value >= 0 && value <= 1;
const oneOf =
  (words: readonly string[]): Check =>
  (value) =>
    typeof value === 'string' && words.includes(value);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const map =
  (fields: Fields): Check =>
  (value) =>
    isMap(value) && Object.entries(fields).every(([name, check]) => check(value[name]));

const retry = oneOf(RETRIES);

const CHECKS: Readonly<Record<Downstream['type'], Check>> = {
  welcome: map({
    sessionId: text,
    mode: oneOf(MODES),
    policy: text,
    limits: map({
      maxImageBytes: count,
      maxImagePixels: count,
      maxFramesPerSecond: positive,
      maxSessionMs: count,
    }),
    possession: optional(
      map({
        task: oneOf(['assert', 'register']),
        challenge: text,
        rpId: text,
        userVerification: oneOf(['required', 'preferred']),
        user: optional(text),
        exclude: optional((value) => Array.isArray(value) && value.every(text)),
      }),
    ),
    chain: optional(map({ nonce: text })),
  }),
  status: map({
    phase: oneOf(PHASES),
    face: optional(map({ x: finite, y: finite, width: finite, height: finite })),
    hint: optional(text),
    progress: fraction,
    challenge: optional(
      map({
        kind: oneOf(CHALLENGE_KINDS),
        number: count,
        of: count,
        remainingMs: atLeast(0),
        skippable: flag,
      }),
    ),
    flash: optional(map({ colour: hexColour, number: count, of: count })),
  }),
  credit: map({ frames: count }),
  decision: map({ outcome: oneOf(OUTCOMES), token: optional(text), retry, cause: optional(text) }),
  error: map({ code: oneOf(Object.keys(ERRORS)), message: text, retry }),
};

/** Limits the memory that one message of a server can make this page allocate. */
const decoder = new Decoder({
  maxStrLength: 16 * 1024,
  maxBinLength: 16 * 1024,
  maxArrayLength: 1024,
  maxMapLength: 64,
  maxExtLength: 0,
});

/** Encodes one message. Fields that are undefined are left out. */
export function encodeUpstream(message: Upstream): Uint8Array<ArrayBuffer> {
  return encode(message, { ignoreUndefined: true });
}

/**
 * Decodes and checks a message of the server. Unknown fields are kept (SPEC R33).
 * @throws FaceSessionError `connection.incompatible`
 */
export function decodeDownstream(bytes: ArrayBuffer): Downstream {
  let value: unknown;
  try {
    value = decoder.decode(bytes);
  } catch (cause) {
    throw new FaceSessionError('connection.incompatible', { cause });
  }
  if (!isDownstream(value)) throw new FaceSessionError('connection.incompatible');
  return withoutNewWords(value);
}

/** Leaves out a hint or cause that only a later server knows, as the codec does (SPEC R47). */
function withoutNewWords(message: Downstream): Downstream {
  if (message.type === 'status' && message.hint !== undefined && !HINTS.includes(message.hint)) {
    const { hint: _, ...rest } = message;
    return rest;
  }
  if (
    message.type === 'decision' &&
    message.cause !== undefined &&
    !DECISION_CAUSES.includes(message.cause)
  ) {
    const { cause: _, ...rest } = message;
    return rest;
  }
  return message;
}

function isDownstream(value: unknown): value is Downstream {
  if (!isMap(value) || typeof value['type'] !== 'string' || !Object.hasOwn(CHECKS, value['type']))
    return false;
  const type = value['type'] as Downstream['type'];
  return CHECKS[type](value);
}
