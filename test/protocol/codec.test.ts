import { encode } from '@msgpack/msgpack';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeDownstream, decodeUpstream, encodeMessage, imageBuffer } from '../../protocol/codec.ts';
import type { Downstream } from '../../protocol/downstream.ts';
import { VeriframeError } from '../../protocol/errors.ts';
import { IMAGE_BYTES_CEILING, type Upstream } from '../../protocol/upstream.ts';

const ticket = 't'.repeat(22);
const frame: Upstream = {
  type: 'frame',
  seq: 7,
  capturedAtMs: 1_731_234_567_890.25,
  image: new Uint8Array([1, 2, 3]),
};
const skip = [0xa4, ...Buffer.from('type'), 0xa4, ...Buffer.from('skip')];

function codeOf(bytes: Uint8Array): string {
  try {
    decodeUpstream(bytes);
  } catch (error) {
    if (error instanceof VeriframeError) return error.code;
    throw error;
  }
  return 'accepted';
}

const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, at]));

describe('codec', () => {
  it.each<Upstream>([
    { type: 'hello', ticket, client: 'test' },
    { type: 'hello', ticket },
    { type: 'frame', seq: 0, capturedAtMs: 0, image: new Uint8Array([9]) },
    {
      type: 'frame',
      seq: Number.MAX_SAFE_INTEGER,
      capturedAtMs: 1.5,
      image: new Uint8Array(70_000).fill(7),
    },
    { type: 'skip' },
    { type: 'bye', reason: 'source-ended' },
  ])('brings upstream $type back as it was', (message) => {
    expect(decodeUpstream(new Uint8Array(encodeMessage(message)))).toEqual(message);
  });

  it.each<Downstream>([
    {
      type: 'welcome',
      sessionId: 's',
      mode: 'verify',
      policy: 'standard',
      limits: { maxImageBytes: 1, maxImagePixels: 2, maxFramesPerSecond: 3.5, maxSessionMs: 4 },
    },
    {
      type: 'status',
      phase: 'challenging',
      progress: 0.25,
      hint: 'do-challenge',
      face: { x: 0, y: 0, width: 1, height: 0.5 },
      challenge: { kind: 'blink', number: 1, of: 3, remainingMs: 1234, skippable: true },
    },
    { type: 'credit', frames: 2 },
    { type: 'decision', outcome: 'accept', token: 'x'.repeat(4000), retry: 'never' },
    { type: 'error', code: 'frame.undecodable', message: 'no', retry: 'now' },
  ])('brings downstream $type back as it was', (message) => {
    expect(decodeDownstream(encodeMessage(message))).toEqual(message);
  });

  it('leaves undefined fields out instead of sending an extension', () => {
    const message: Downstream = { type: 'decision', outcome: 'reject', retry: 'now' };
    expect(decodeDownstream(encodeMessage(Object.assign({ token: undefined }, message)))).toEqual({
      type: 'decision',
      outcome: 'reject',
      retry: 'now',
    });
  });

  it('R6: bytes that are not one map with string keys are malformed', () => {
    const malformed: Record<string, Uint8Array> = {
      nothing: new Uint8Array(0),
      'a number': encode(1),
      nil: encode(null),
      'a string': encode('skip'),
      'an array': encode([]),
      binary: encode(new Uint8Array(3)),
      'a cut map': encode(frame).slice(0, -1),
      'two maps': Uint8Array.from([0x81, ...skip, 0x81, ...skip]),
      'a number as key': Uint8Array.from([0x81, 1, 1]),
      'nil as key': Uint8Array.from([0x81, 0xc0, 1]),
      'the key __proto__': Uint8Array.from([0x81, 0xa9, ...Buffer.from('__proto__'), 0x80]),
      'the never used byte': Uint8Array.from([0xc1]),
      'a map that claims four billion keys': Uint8Array.from([0xdf, 255, 255, 255, 255]),
      'a string that claims four gigabytes': Uint8Array.from([0x81, 0xdb, 255, 255, 255, 255]),
      'binary that claims four gigabytes': Uint8Array.from([0x81, 0xa1, 97, 0xc6, 255, 255, 255, 255]),
    };
    for (const [what, bytes] of Object.entries(malformed))
      expect([what, codeOf(bytes)]).toEqual([what, 'message.malformed']);
  });

  it('R6: arrays with elements, extensions, long strings and many keys are malformed even in unknown fields', () => {
    const withField = (...value: number[]) => Uint8Array.from([0x82, ...skip, 0xa1, 97, ...value]);
    expect(codeOf(withField(0x90))).toBe('accepted');
    expect(codeOf(withField(0x91, 1))).toBe('message.malformed');
    expect(codeOf(withField(0xc7, 0, 5))).toBe('message.malformed');
    expect(codeOf(withField(0xd4, 0x72, 0x40))).toBe('message.malformed');
    expect(codeOf(withField(0xd6, 0xff, 0, 0, 0, 0))).toBe('message.malformed');
    expect(codeOf(encode({ type: 'skip', a: 'x'.repeat(1024) }))).toBe('accepted');
    expect(codeOf(encode({ type: 'skip', a: 'x'.repeat(1025) }))).toBe('message.malformed');
    expect(codeOf(encode({ type: 'skip', ...keys(63) }))).toBe('accepted');
    expect(codeOf(encode({ type: 'skip', ...keys(64) }))).toBe('message.malformed');
    expect(codeOf(encode({ type: 'skip', a: keys(31), b: keys(32) }))).toBe('message.malformed');
  });

  it.each([
    ['maps', [0x81, 0xa1, 97]],
    ['arrays', [0x91]],
  ])('R6: half a million nested %s are malformed and the next message is read', (_, level) => {
    const bomb = new Uint8Array(500_000 * level.length);
    for (let at = 0; at < bomb.length; at += level.length) bomb.set(level, at);
    expect(codeOf(bomb)).toBe('message.malformed');
    expect(codeOf(Uint8Array.from([0x81, ...skip]))).toBe('accepted');
  });

  it.each<readonly [what: string, bytes: Uint8Array | number[], words: string]>([
    [
      'a picture as a string',
      [0x82, ...skip, 0xa1, 97, 0xda, 0x1d, 0x26, ...new Uint8Array(7462).fill(65)],
      'string (str) that is too long: a picture is binary (bin)',
    ],
    [
      'a picture as an array',
      [0x82, ...skip, 0xa1, 97, 0xdc, 0, 3, 1, 2, 3],
      'an array with elements: a picture is binary (bin)',
    ],
    ['keys as binary', [0x81, 0xc4, 4, ...Buffer.from('type'), 1], 'A key of a map is no string (str)'],
    [
      'a timestamp',
      [0x82, ...skip, 0xa1, 97, 0xd6, 0xff, 0, 0, 0, 0],
      'an extension type, such as a timestamp',
    ],
    ['an empty extension', [0x82, ...skip, 0xa1, 97, 0xc7, 0, 5], 'an extension type'],
    ['too many keys', encode({ type: 'skip', ...keys(64) }), 'more than 64 keys'],
    ['too many keys of nested maps', encode({ type: 'skip', a: keys(31), b: keys(32) }), 'more than 64 keys'],
    ['two maps', [0x81, ...skip, 0x81, ...skip], 'Bytes follow the map'],
    ['half a map', encode(frame).slice(0, -1), 'It ends within a value'],
    ['nothing', [], 'It ends within a value'],
    ['an array', encode([]), 'It is no map'],
    ['a number', encode(1), 'It is no map'],
    ['the key __proto__', [0x81, 0xa9, ...Buffer.from('__proto__'), 0x80], '__proto__'],
    ['the never used byte', [0xc1], 'Its bytes are not MessagePack'],
  ])('R6: who sends %s hears which rule that breaks', (_what, bytes, words) => {
    expect(() => decodeUpstream(Uint8Array.from(bytes))).toThrow(words);
  });

  it.each<readonly [message: unknown, words: string]>([
    [{ ...frame, image: 'picture' }, 'Field image: it must be binary (bin).'],
    [{ type: 'hello' }, 'Field ticket: it is missing.'],
    [{ type: 'hello', ticket: null }, 'Field ticket: it is missing.'],
    [{ type: 'hello', ticket, camera: {} }, 'Field camera.label: it is missing.'],
    [{ ...frame, seq: -1 }, 'Field seq: Too small: expected number to be >=0.'],
    [{ type: 'bye', reason: 'tired' }, 'Field reason: Invalid option: expected one of "cancelled"|'],
    [{ ticket }, 'Field type: it is no string.'],
    [{ type: 'helo' }, 'Types are hello, frame, skip, bye, possession.'],
  ])('R7: who sends %o hears which field is wrong, and why', (message, words) => {
    expect(() => decodeUpstream(encode(message))).toThrow(words);
  });

  it('R7: nil counts as left out, at every depth', () => {
    const hello = { type: 'hello', ticket, client: null, camera: null, flash: null, kiosk: null };
    expect(decodeUpstream(encode(hello))).toEqual({ type: 'hello', ticket });
    const withNil = { ...frame, depth: null, shown: null, signature: null, later: { deep: null } };
    expect(decodeUpstream(encode(withNil))).toEqual(frame);
    expect(decodeUpstream(encode({ type: 'possession', assertion: null, registration: null }))).toEqual({
      type: 'possession',
    });
  });

  it('R7: unknown fields are dropped', () => {
    expect(decodeUpstream(encode({ type: 'skip', later: { deep: 1 }, more: null }))).toEqual({
      type: 'skip',
    });
  });

  it.each([
    '',
    'Hello',
    'welcome',
    'constructor',
    'toString',
    '__proto__',
  ])('R7: the type "%s" is unknown', (type) => {
    expect(codeOf(encode({ type }))).toBe('message.unknown_type');
  });

  it('R7: a missing or wrong field makes a message invalid', () => {
    const invalid: unknown[] = [
      {},
      { type: 5 },
      { type: 'hello' },
      { type: 'hello', ticket: 'short' },
      { type: 'hello', ticket: 'x'.repeat(513) },
      { type: 'hello', ticket, client: 5 },
      { ...frame, seq: -1 },
      { ...frame, seq: 1.5 },
      { ...frame, seq: Number.MAX_SAFE_INTEGER + 1 },
      { ...frame, seq: '7' },
      { ...frame, capturedAtMs: Number.NaN },
      { ...frame, capturedAtMs: Number.POSITIVE_INFINITY },
      { ...frame, image: 'text' },
      { ...frame, image: new Uint8Array(0) },
      { ...frame, image: new Uint8Array(IMAGE_BYTES_CEILING + 1) },
      { ...frame, image: {} },
      { type: 'bye' },
      { type: 'bye', reason: 'other' },
    ];
    for (const message of invalid) expect(codeOf(encode(message))).toBe('message.invalid');
  });

  it('never throws anything but a documented code, whatever the bytes', () => {
    const real = encodeMessage(frame);
    const mutated = fc
      .array(fc.tuple(fc.nat(real.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map((edits) => {
        const bytes = new Uint8Array(real);
        for (const [at, value] of edits) bytes[at] = value;
        return bytes;
      });
    const documented = ['accepted', 'message.malformed', 'message.unknown_type', 'message.invalid'];
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated), (bytes) => {
        expect(documented).toContain(codeOf(bytes));
      }),
      { seed: 20_261_101, numRuns: 2000 },
    );
  });

  it('gives the image as a view into the message and copies it only to be transferred', () => {
    const bytes = new Uint8Array(encodeMessage(frame));
    const decoded = decodeUpstream(bytes);
    if (decoded.type !== 'frame') throw new Error('not a frame');
    expect(decoded.image.buffer).toBe(bytes.buffer);
    const own = imageBuffer(decoded.image);
    expect(own).not.toBe(bytes.buffer);
    expect(new Uint8Array(own)).toEqual(frame.image);
    expect(imageBuffer(new Uint8Array(own))).toBe(own);
  });
});
