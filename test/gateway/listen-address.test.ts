import { describe, expect, it } from 'vitest';
import { addressText, listenError, reachableHost } from '../../server/gateway/listen-address.ts';

describe('the address that a server listens on', () => {
  it.each([
    ['127.0.0.1', 8080, '127.0.0.1:8080'],
    ['localhost', 80, 'localhost:80'],
    ['::1', 8080, '[::1]:8080'],
    ['2001:db8::7', 443, '[2001:db8::7]:443'],
    ['fe80::1%eth0', 8080, '[fe80::1%eth0]:8080'],
  ])('is printed as in a URL: %s and %i', (host, port, text) => {
    expect(addressText(host, port)).toBe(text);
  });

  it('is reached from this machine where it stands for every address', () => {
    expect(['0.0.0.0', '::', '::1'].map(reachableHost)).toEqual(['127.0.0.1', '::1', '::1']);
  });

  it.each([
    'EADDRINUSE',
    'EACCES',
    'EADDRNOTAVAIL',
    'ENOTFOUND',
    'EMFILE',
  ])('says what to do after %s', (code) => {
    expect(listenError('::', 80, code).message).toMatch(/^Cannot listen on \[::\]:80: .+: .+\.$/);
  });
});
