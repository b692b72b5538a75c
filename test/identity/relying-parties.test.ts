import { describe, expect, it } from 'vitest';
import { isOriginOf, readRelyingParties } from '../../server/identity/relying-parties.ts';

describe('the setting VERIFRAME_WEBAUTHN', () => {
  it('names a relying party for each tenant, and one for all others', () => {
    const partyOf = readRelyingParties(
      'bank:bank.example=https://bank.example,https://id.bank.example; shop.example=https://shop.example',
    );
    expect(partyOf('bank')).toEqual({
      rpId: 'bank.example',
      origins: ['https://bank.example', 'https://id.bank.example'],
    });
    expect(partyOf('anybody')?.rpId).toBe('shop.example');
    expect(readRelyingParties('bank:bank.example=https://bank.example')('shop')).toBeNull();
    for (const none of ['', 'off']) expect(readRelyingParties(none)('shop')).toBeNull();
  });

  it('takes any port of this machine for development, and of no other', () => {
    const party = readRelyingParties('localhost=http://localhost:*')('default');
    if (party === null) throw new Error('no party');
    for (const origin of ['http://localhost', 'http://localhost:8080'])
      expect(isOriginOf(party, origin)).toBe(true);
    for (const origin of [
      'https://localhost:1',
      'http://localhost:80.evil.example',
      'http://127.0.0.1:8080',
      'http://localhost:*',
    ])
      expect([origin, isOriginOf(party, origin)]).toEqual([origin, false]);
  });

  it.each([
    'Shop.Example=https://shop.example/',
    'shop.example=HTTPS://Shop.Example:443',
  ])('takes %s for the origin that browsers send', (setting) => {
    const party = readRelyingParties(setting)('any');
    expect(party).toEqual({ rpId: 'shop.example', origins: ['https://shop.example'] });
  });

  it.each([
    'shop.example',
    'shop.example=',
    'shop.example=http://shop.example',
    'shop.example=https://shop.example/path',
    'shop.example=https://evil.example',
    'shop.example=https://notshop.example',
    'shop.example=https://*.shop.example',
    'shop.example=http://localhost:*',
    'https://shop.example=https://shop.example',
    'a b:shop.example=https://shop.example',
    'shop.example=https://shop.example; shop.example=https://shop.example',
  ])('refuses %s', (setting) => {
    expect(() => readRelyingParties(setting)).toThrow(/VERIFRAME_WEBAUTHN/);
  });
});
