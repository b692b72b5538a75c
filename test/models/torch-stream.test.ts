import { array, assert, integer, nat, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConversionError } from '../../models/convert/errors.ts';
import { readTorchStateDict } from '../../models/convert/torch-stream.ts';

/** A pickled unicode string. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([Buffer.from('X'), length, bytes]);
}
const op = (code: string) => Buffer.from(code, 'latin1');
const pickle = (...parts: Buffer[]) => Buffer.concat([op('\x80\x02'), ...parts, op('.')]);

const MAGIC = pickle(op('\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19'));
const PROTOCOL = pickle(op('M\xe9\x03'));
const SYSTEM = pickle(op('}'));

function storageReference(kind: string, length: number): Buffer {
  return Buffer.concat([
    op('('),
    text('storage'),
    op(`ctorch\n${kind}\n`),
    text('0'),
    text('cpu'),
    op('K'),
    Buffer.from([length]),
    op('NtQ'),
  ]);
}

/** A state dict with one tensor of shape [2, 2] over a storage of four floats. */
function stream({
  call = 'ctorch._utils\n_rebuild_tensor_v2\n',
  kind = 'FloatStorage',
  strides = '\x02\x01',
} = {}): Buffer {
  const [first, second] = strides;
  const tensor = Buffer.concat([
    op(call),
    op('('),
    storageReference(kind, 4),
    op(`K\x00K\x02K\x02\x86K${first}K${second}\x86\x89NtR`),
  ]);
  const state = pickle(op('}('), text('module.weight'), tensor, op('u'));
  const keys = pickle(op(']('), text('0'), op('e'));
  const storage = Buffer.alloc(8 + 16);
  storage.writeBigUInt64LE(4n);
  [1, 2, 3, 4].forEach((value, i) => storage.writeFloatLE(value, 8 + 4 * i));
  return Buffer.concat([MAGIC, PROTOCOL, SYSTEM, state, keys, storage]);
}

function codeOf(bytes: Uint8Array): string | undefined {
  try {
    readTorchStateDict(bytes);
    return undefined;
  } catch (error) {
    if (error instanceof ConversionError) return error.code;
    throw error;
  }
}

describe('legacy torch stream', () => {
  it('reads tensors by name, without the prefix of a parallel wrapper', () => {
    const tensors = readTorchStateDict(stream());
    expect([...tensors]).toEqual([['weight', { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }]]);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('<!doctype html><title>404</title>')],
    ['a zip archive, as torch saves today', Buffer.from('PK\x03\x04rest', 'latin1')],
    ['a pickle of something else', pickle(op('K\x01'))],
  ])('refuses %s', (_, bytes) => {
    expect(codeOf(bytes)).toBeDefined();
  });

  it('refuses a call of anything but tensor reconstruction', () => {
    expect(codeOf(stream({ call: 'cos\nsystem\n' }))).toBe('malformed-source');
  });

  it('refuses unknown storages and layouts', () => {
    expect(codeOf(stream({ kind: 'HalfStorage' }))).toBe('unsupported-operation');
    expect(codeOf(stream({ strides: '\x01\x02' }))).toBe('unsupported-operation');
  });

  it('refuses surplus bytes, and every truncation of a valid file', () => {
    const good = stream();
    expect(codeOf(Buffer.concat([good, Buffer.alloc(1)]))).toBe('malformed-source');
    for (let length = 0; length < good.length; length++) {
      expect([length, codeOf(good.subarray(0, length))]).not.toEqual([length, undefined]);
    }
  });

  it('gives a ConversionError or a result for a damaged file, never another failure', () => {
    const good = stream();
    const damage = array(tuple(nat(good.length - 1), integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    });
    assert(
      property(damage, (changes) => {
        const bytes = Buffer.from(good);
        for (const [at, value] of changes) bytes[at] = value;
        expect(codeOf(bytes)).toBeOneOf([undefined, 'malformed-source', 'unsupported-operation']);
      }),
      { seed: 7, numRuns: 3000 },
    );
  });
});
