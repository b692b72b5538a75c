import { Decoder, type ExtensionCodecType } from '@msgpack/msgpack';
import { Packr, type Options } from 'msgpackr';
import type { z } from 'zod';
import { DOWNSTREAM, type Downstream } from './downstream.ts';
import { VeriframeError } from './errors.ts';
import type { LiveMessage } from './live.ts';
import { IMAGE_BYTES_CEILING, UPSTREAM, type Upstream } from './upstream.ts';

/** Most bytes of a message without its image (SPEC R8). */
export const MESSAGE_OVERHEAD_BYTES = 4096;

/**
 * Most keys of one message, nested maps included (SPEC R6). The limit also bounds the depth, because every level has at
 * least one key.
 */
export const MAX_KEYS = 64;
/** Most bytes of one string that a client sends. */
export const MAX_STRING_BYTES = 1024;
/** Large enough for a token, the longest string that a server sends. */
const MAX_DOWNSTREAM_STRING_BYTES = 16 * 1024;

/** `skipValues` is missing in the library's types. Without it, `undefined` would be encoded as an extension. */
const packOptions: Options & { skipValues: unknown[] } = {
  useRecords: false,
  variableMapSize: true,
  skipValues: [undefined],
};
const packr = new Packr(packOptions);

/** What a message breaks, for its sender (SPEC R6). */
const BROKEN = {
  extension: 'It holds an extension type, such as a timestamp: times are plain numbers.',
  keyType: 'A key of a map is no string (str).',
  keyCount: `It has more than ${MAX_KEYS} keys, those of nested maps included.`,
  prototype: 'A key of a map is `__proto__`.',
  arrays: 'It holds an array with elements: a picture is binary (bin), and no other field is a list.',
  strings: 'It holds a string (str) that is too long: a picture is binary (bin).',
  binary: 'It holds binary data (bin) that is too long.',
  incomplete: 'It ends within a value.',
  tail: 'Bytes follow the map: a WebSocket message holds one map.',
  noMap: 'It is no map.',
  bytes: 'Its bytes are not MessagePack.',
} as const;

/** The decoder tells its limits apart by these words only; another error says that the bytes are no MessagePack. */
const DECODER_WORDS: readonly (readonly [pattern: RegExp, broken: string])[] = [
  [/maxArrayLength/, BROKEN.arrays],
  [/maxStrLength/, BROKEN.strings],
  [/maxBinLength/, BROKEN.binary],
  [/maxMapLength/, BROKEN.keyCount],
  [/maxExtLength/, BROKEN.extension],
  [/__proto__/, BROKEN.prototype],
  [/^Extra \d+ of/, BROKEN.tail],
  [/Insufficient data|Offset is outside|no more data|out of range/i, BROKEN.incomplete],
];

function brokenBy(error: unknown): string {
  const words = error instanceof Error ? error.message : '';
  const isOurs = Object.values<string>(BROKEN).includes(words);
  return isOurs ? words : (DECODER_WORDS.find(([pattern]) => pattern.test(words))?.[1] ?? BROKEN.bytes);
}

/** `maxExtLength` lets an extension of length zero pass, so the codec refuses every extension. */
const noExtensions: ExtensionCodecType<undefined> = {
  tryToEncode: () => null,
  decode() {
    throw new TypeError(BROKEN.extension);
  },
};

/**
 * Encodes one message. Fields that are undefined are left out. The result may be a view into a larger buffer; its bytes
 * do not change later.
 */
export function encodeMessage(message: Upstream | Downstream | LiveMessage): Uint8Array {
  return packr.pack(message);
}

/**
 * Decodes and validates a message of a client. Binary fields are views into `bytes`, not copies, so the caller must own
 * `bytes` and must not change it.
 * @throws VeriframeError `message.malformed`, `message.unknown_type` or `message.invalid` (SPEC R6, R7)
 */
export function decodeUpstream(bytes: Uint8Array): Upstream {
  return validate<Upstream>(UPSTREAM, withoutNil(decodeFromClient(bytes)));
}

/**
 * Decodes and validates a message of a server.
 * @throws VeriframeError as `decodeUpstream`
 */
export function decodeDownstream(bytes: Uint8Array): Downstream {
  return validate<Downstream>(DOWNSTREAM, decodeFromServer(bytes));
}

/**
 * An ArrayBuffer that contains only the image, for transfer to a worker. A view that spans its whole buffer is not
 * copied. Otherwise the image is copied once, because a transfer moves the whole buffer, which also contains the other
 * fields. Call it when the frame is handed over, so that a frame that is replaced while it waits is never copied.
 */
export function imageBuffer(image: Uint8Array): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = image;
  if (buffer instanceof ArrayBuffer && byteOffset === 0 && byteLength === buffer.byteLength) return buffer;
  return new Uint8Array(image).buffer;
}

const decodeFromClient = strictDecoder({ maxArrayLength: 0, maxStrLength: MAX_STRING_BYTES });
const decodeFromServer = strictDecoder({ maxArrayLength: 1024, maxStrLength: MAX_DOWNSTREAM_STRING_BYTES });

function strictDecoder(limits: { maxArrayLength: number; maxStrLength: number }) {
  let keys = 0;
  const decoder = new Decoder({
    ...limits,
    maxBinLength: IMAGE_BYTES_CEILING + MESSAGE_OVERHEAD_BYTES,
    maxMapLength: MAX_KEYS,
    maxExtLength: 0,
    extensionCodec: noExtensions,
    mapKeyConverter(key) {
      keys += 1;
      if (keys > MAX_KEYS) throw new RangeError(BROKEN.keyCount);
      if (typeof key !== 'string') throw new TypeError(BROKEN.keyType);
      return key;
    },
  });
  return (bytes: Uint8Array): object => {
    keys = 0;
    let value: unknown;
    try {
      value = decoder.decode(bytes);
    } catch (cause) {
      throw new VeriframeError('message.malformed', brokenBy(cause), { cause });
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array)
      throw new VeriframeError('message.malformed', BROKEN.noMap);
    return value;
  };
}

function validate<T>(schemas: Readonly<Record<string, z.ZodType<T>>>, value: object): T {
  const type: unknown = 'type' in value ? value.type : undefined;
  if (typeof type !== 'string') throw new VeriframeError('message.invalid', 'Field type: it is no string.');
  const schema = Object.hasOwn(schemas, type) ? schemas[type] : undefined;
  if (schema === undefined)
    throw new VeriframeError('message.unknown_type', `Types are ${Object.keys(schemas).join(', ')}.`);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new VeriframeError('message.invalid', describeIssue(result.error));
}

/** Names the first field that does not fit, and says why. Never repeats what was sent. */
function describeIssue({ issues: [issue] }: z.ZodError): string {
  if (issue === undefined) return '';
  const isMissing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  return `Field ${issue.path.join('.') || 'type'}: ${isMissing ? 'it is missing' : issue.message}.`;
}

/** The same map without fields that are nil, nested maps included: encoders write nil for what a client leaves out. */
function withoutNil(value: object): object {
  const fields = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(fields.map(([name, field]) => [name, isMap(field) ? withoutNil(field) : field]));
}

function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !Array.isArray(value);
}
