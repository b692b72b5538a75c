import { isIPv6 } from 'node:net';
import type { DemoRequest } from './http.ts';

/** Device and approximate network of a request, as its user can recognise them. */
export interface Visitor {
  /** For example `Firefox on Windows`. */
  readonly device: string;
  /** The network of the address, without the part that identifies one machine; for example `192.0.2.0/24`. */
  readonly place: string;
}

/** The first match counts, because the user agents of earlier browsers also contain the later names. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdgA?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/Chrome\/|\bCriOS\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
];
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
];

export function visitorOf({ headers, remoteAddress }: DemoRequest): Visitor {
  return { device: deviceOf(headers.get('user-agent') ?? ''), place: placeOf(remoteAddress) };
}

/** Browser and system of a user agent. The result contains only names of the tables above. */
export function deviceOf(userAgent: string): string {
  const named = (table: typeof BROWSERS) => table.find(([pattern]) => pattern.test(userAgent))?.[1];
  const browser = named(BROWSERS);
  const system = named(SYSTEMS);
  if (browser === undefined) return system ?? 'Unknown device';
  return system === undefined ? browser : `${browser} on ${system}`;
}

/** The network of an address: /24 of IPv4, /48 of IPv6. */
export function placeOf(address: string): string {
  const plain = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
  if (plain === '::1' || plain.startsWith('127.')) return 'This computer';
  if (isIPv6(plain)) {
    const [head = ''] = plain.split('::');
    const groups = [...head.split(':').filter(Boolean), '0', '0', '0'].slice(0, 3);
    return `${groups.join(':')}::/48`;
  }
  const [a, b, c, d] = plain.split('.');
  return d === undefined ? 'Unknown place' : `${a}.${b}.${c}.0/24`;
}
