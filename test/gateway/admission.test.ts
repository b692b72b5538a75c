import { describe, expect, it } from 'vitest';
import { createAdmission } from '../../server/gateway/admission.ts';
import { clientAddress, headerMap, isAmbiguous } from '../../server/gateway/http-parts.ts';
import { readAllowedOrigins } from '../../server/gateway/origins.ts';
import { TokenBucket } from '../../server/gateway/token-bucket.ts';
import type { RequestHead } from '../../server/gateway/transport.ts';

const from = (remoteAddress: string, headers: Record<string, string> = {}): RequestHead => ({
  method: 'GET',
  path: '/',
  query: '',
  headers: new Map(Object.entries(headers)),
  remoteAddress,
});

const limits = { allowedOrigins: [], maxConnections: 3, maxConnectionsPerAddress: 2 };

describe('admission', () => {
  it('R4: counts connections in all and by address, and lets go of those that ended', () => {
    const admission = createAdmission(limits);
    const refused = (address: string) => admission.refusal(from(address))?.code ?? null;
    const leave = admission.enter('192.0.2.1');
    admission.enter('192.0.2.1');
    expect([refused('192.0.2.1'), refused('192.0.2.2')]).toEqual(['server.busy', null]);
    const leaveOther = admission.enter('192.0.2.2');
    expect(refused('192.0.2.3')).toBe('server.busy');
    leave();
    expect(refused('192.0.2.1')).toBe(null);
    leaveOther();
    expect(refused('192.0.2.3')).toBe(null);
  });

  it('R4: counts an IPv6 /64 as one address', () => {
    const admission = createAdmission(limits);
    const refused = (address: string) => admission.refusal(from(address))?.code ?? null;
    admission.enter('2001:db8:1:2::1');
    admission.enter('2001:db8:1:2:aaaa:bbbb:cccc:dddd');
    expect(refused('2001:db8:1:2:5::')).toBe('server.busy');
    expect(refused('2001:db8:1:3::1')).toBe(null);
    expect(refused('2001:db8::1')).toBe(null);
    expect(refused('::1')).toBe(null);
  });

  it('R4: refuses when it drains', () => {
    const admission = createAdmission(limits);
    admission.drain();
    expect(admission.refusal(from('::1'))?.code).toBe('server.draining');
  });

  it("R2: with no list only the server's own pages may connect, else only the list", () => {
    const verdict = (origin: string | null, allowedOrigins: readonly string[]) => {
      const headers = { host: 'face.example:8080', ...(origin === null ? {} : { origin }) };
      return createAdmission({ ...limits, allowedOrigins }).refusal(from('::1', headers))?.code;
    };
    expect(verdict(null, [])).toBeUndefined();
    expect(verdict('http://face.example:8080', [])).toBeUndefined();
    expect(verdict('https://face.example:8080', [])).toBeUndefined();
    for (const origin of ['http://face.example', 'http://evil.example:8080', 'null', '', 'face.example:8080'])
      expect(verdict(origin, [])).toBe('origin.refused');
    const list = ['https://shop.example'];
    expect(verdict(null, list)).toBeUndefined();
    expect(verdict('https://shop.example', list)).toBeUndefined();
    expect(verdict('https://shop.example.evil.example', list)).toBe('origin.refused');
    expect(verdict('http://face.example:8080', list)).toBe('origin.refused');
  });
});

describe('origins', () => {
  const isOwn = (origin: string, host: string) =>
    createAdmission(limits).refusal(from('::1', { origin, host })) === null;

  it.each([
    ['https://face.example', 'face.example:443'],
    ['https://face.example', 'Face.Example'],
    ['http://face.example', 'face.example:80'],
    ['https://face.example:8443', 'FACE.example:8443'],
    ['http://[2001:db8::7]:8080', '[2001:DB8:0::7]:8080'],
    ['https://bücher.example', 'xn--bcher-kva.example'],
  ])('R2: %s is the page of the host %s', (origin, host) => {
    expect(isOwn(origin, host)).toBe(true);
  });

  it.each([
    ['https://face.example:80', 'face.example'],
    ['http://face.example', 'face.example:443'],
    ['https://evil.example', 'face.example'],
    ['https://evil.example', 'face.example@evil.example'],
    ['https://evil.example', 'evil.example/face.example'],
    ['https://face.example', ''],
    ['null', 'null'],
  ])('R2: %s is not the page of the host %s', (origin, host) => {
    expect(isOwn(origin, host)).toBe(false);
  });

  it.each([
    'https://shop.example',
    'https://Shop.Example/',
    'HTTPS://shop.example:443',
    'capacitor://localhost',
  ])('R2: may be spelled as %s in the list', (spelling) => {
    const { origins, problems } = readAllowedOrigins(`https://other.example, ${spelling}`);
    expect(problems).toEqual([]);
    const admission = createAdmission({ ...limits, allowedOrigins: origins });
    const sent = spelling.startsWith('capacitor') ? spelling : 'https://shop.example';
    expect(admission.refusal(from('::1', { origin: sent }))).toBeNull();
  });

  it('R2: that are refused are told once each, and so many at most, however many are sent', () => {
    const told: (string | undefined)[][] = [];
    const admission = createAdmission({ ...limits, reportRefusedOrigin: (...what) => told.push(what) });
    const ask = (origin: string) => admission.refusal(from('::1', { origin, host: 'face.example' }));
    for (const _ of [1, 2, 3]) ask('https://shop.example');
    expect(told).toEqual([['https://shop.example', 'face.example']]);
    for (let number = 0; number < 100; number += 1) ask(`https://${number}.example`);
    expect(told.length).toBe(20);
  });
});

describe('client address', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::ffff:127.0.0.1', '127.0.0.1'],
    ['0000:0000:0000:0000:0000:ffff:c000:0207', '192.0.2.7'],
    ['0000:0000:0000:0000:0000:0000:0000:0001', '::1'],
    ['2001:0DB8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['', ''],
  ])('%s is written %s', (peer, written) => {
    expect(clientAddress(peer, new Map(), false)).toBe(written);
  });

  it('takes the last forwarded entry only from a trusted proxy', () => {
    const headers = headerMap([
      ['X-Forwarded-For', '10.0.0.1'],
      ['x-forwarded-for', '10.0.0.2, 10.0.0.3'],
    ]);
    expect(clientAddress('127.0.0.1', headers, false)).toBe('127.0.0.1');
    expect(clientAddress('127.0.0.1', headers, true)).toBe('10.0.0.3');
    expect(clientAddress('127.0.0.1', new Map(), true)).toBe('127.0.0.1');
  });
});

/** The parsers refuse most of these themselves; others may come in their place. */
describe('a request that can be read in two ways', () => {
  it.each([
    ['a header without a name', [['', 'x']]],
    [
      'a length beside chunks',
      [
        ['Content-Length', '4'],
        ['Transfer-Encoding', 'chunked'],
      ],
    ],
    ['a length that is no number', [['Content-Length', '+4']]],
    [
      'two lengths, though equal',
      [
        ['Content-Length', '4'],
        ['content-length', '4'],
      ],
    ],
    ['chunks within something else', [['Transfer-Encoding', 'gzip, chunked']]],
    [
      'an upgrade with a body',
      [
        ['Upgrade', 'websocket'],
        ['Content-Length', '4'],
      ],
    ],
  ] as [string, [string, string][]][])('is known by %s', (_title, pairs) => {
    expect(isAmbiguous([['Host', 'localhost'], ...pairs])).toBe(true);
    expect(
      isAmbiguous([
        ['Host', 'localhost'],
        ['Content-Length', '4'],
      ]),
    ).toBe(false);
  });
});

describe('token bucket', () => {
  it("R18: allows one second's worth at once and the rate after it", () => {
    const bucket = new TokenBucket(10, 0);
    const takes = (nowMs: number, count: number) =>
      Array.from({ length: count }, () => bucket.take(nowMs)).filter(Boolean).length;
    expect(takes(0, 20)).toBe(10);
    expect(takes(99, 5)).toBe(0);
    expect(takes(100, 5)).toBe(1);
    expect(takes(600, 20)).toBe(5);
    expect(takes(60_000, 20)).toBe(10);
  });
});
