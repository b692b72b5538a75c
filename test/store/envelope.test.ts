import { randomBytes } from 'node:crypto';
import { array, assert, property, string, uint8Array } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFields, keyIdOf, openEnvelope, seal } from '../../server/store/envelope.ts';

const KEY = { id: 'key-1', bytes: Buffer.alloc(32, 5) };
const CORRUPT = expect.objectContaining({ code: 'store.corrupt' });

describe('envelope', () => {
  it('opens what was sealed, of any length and with any fields', () => {
    assert(
      property(uint8Array({ maxLength: 300 }), array(string()), (plaintext, fields) => {
        const envelope = seal(KEY, plaintext, fields);
        expect(keyIdOf(envelope)).toBe('key-1');
        expect(new Uint8Array(openEnvelope(KEY, envelope, fields))).toEqual(plaintext);
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it('does not open after a change of any one bit, or when cut anywhere', () => {
    const envelope = seal(KEY, Buffer.from('a reference'), ['tenant', 'subject']);
    for (let bit = 0; bit < envelope.length * 8; bit++) {
      const changed = Buffer.from(envelope);
      changed[bit >> 3] ^= 1 << (bit & 7);
      expect(() => openEnvelope(KEY, changed, ['tenant', 'subject'])).toThrow(CORRUPT);
    }
    for (let length = 0; length < envelope.length; length++)
      expect(() => openEnvelope(KEY, envelope.subarray(0, length), ['tenant', 'subject'])).toThrow(CORRUPT);
  });

  it.each([
    ['a field changed', ['tenant', 'other']],
    ['a boundary between fields moved', ['tenants', 'ubject']],
    ['the fields joined', ['tenantsubject']],
    ['a field left out', ['tenant']],
    ['an empty field added', ['tenant', 'subject', '']],
    ['the fields swapped', ['subject', 'tenant']],
  ])('does not open with %s', (_, fields) => {
    const envelope = seal(KEY, Buffer.from('x'), ['tenant', 'subject']);
    expect(() => openEnvelope(KEY, envelope, fields)).toThrow(CORRUPT);
  });

  it('does not open with another key of the same id, nor with the same key under another id', () => {
    const envelope = seal(KEY, Buffer.from('x'), []);
    expect(() => openEnvelope({ id: 'key-1', bytes: randomBytes(32) }, envelope, [])).toThrow(CORRUPT);
    expect(() => openEnvelope({ id: 'key-2', bytes: KEY.bytes }, envelope, [])).toThrow(CORRUPT);
  });

  it('never gives the same envelope twice', () => {
    const seals = Array.from({ length: 50 }, () => seal(KEY, Buffer.from('x'), []).toString('hex'));
    expect(new Set(seals).size).toBe(50);
  });

  it('encodes different lists of fields differently', () => {
    const lists = array(string({ maxLength: 3 }), { maxLength: 3 });
    assert(
      property(lists, lists, (a, b) => {
        const alike = JSON.stringify(a) === JSON.stringify(b);
        expect(encodeFields(a).equals(encodeFields(b))).toBe(alike);
      }),
      { seed: 2, numRuns: 500 },
    );
  });
});
