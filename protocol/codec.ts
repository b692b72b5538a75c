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

/** `maxExtLength` lets an extension of length zero pass, so the codec refuses every extension. */
const noExtensions: ExtensionCodecType<undefined> = {
  tryToEncode: () => null,
  decode() {
    throw new TypeError('extension types are not used');
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
  return validate<Upstream>(UPSTREAM, decodeFromClient(bytes));
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
      if (keys > MAX_KEYS) throw new RangeError('too many keys');
      if (typeof key !== 'string') throw new TypeError('key is not a string');
      return key;
    },
  });
  return (bytes: Uint8Array): object => {
    keys = 0;
    let value: unknown;
    try {
      value = decoder.decode(bytes);
    } catch (cause) {
      throw new VeriframeError('message.malformed', undefined, { cause });
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array)
      throw new VeriframeError('message.malformed');
    return value;
  };
}

function validate<T>(schemas: Readonly<Record<string, z.ZodType<T>>>, value: object): T {
  const type: unknown = 'type' in value ? value.type : undefined;
  if (typeof type !== 'string') throw new VeriframeError('message.invalid', 'Field: type.');
  const schema = Object.hasOwn(schemas, type) ? schemas[type] : undefined;
  if (schema === undefined) throw new VeriframeError('message.unknown_type');
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new VeriframeError('message.invalid', `Field: ${result.error.issues[0]?.path.join('.') ?? ''}.`);
}
