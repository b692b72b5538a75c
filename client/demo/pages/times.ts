import { fill } from '../words/words.ts';
import { language, words } from './words.ts';

const DAY_MS = 24 * 60 * 60_000;
const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', DAY_MS],
  ['hour', 60 * 60_000],
  ['minute', 60_000],
];

const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
const clock = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const date = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'long', year: 'numeric' });

/** For example `5 minutes ago` or `yesterday`. After a week the date. */
export function ago(atMs: number, nowMs: number): string {
  const sinceMs = nowMs - atMs;
  if (sinceMs > 7 * DAY_MS) return dateOf(atMs);
  const unit = UNITS.find(([, lengthMs]) => sinceMs >= lengthMs);
  return unit === undefined
    ? words.account.justNow
    : relative.format(-Math.floor(sinceMs / unit[1]), unit[0]);
}

export function dateOf(atMs: number): string {
  return date.format(atMs);
}

export function exactly(atMs: number): string {
  return `${dateOf(atMs)}, ${clock.format(atMs)}`;
}

/** The greeting for an hour of the day, 0..23. */
export function greeting(hour: number, name: string): string {
  const { morning, afternoon, evening } = words.account.greeting;
  const isEvening = hour < 5 || hour >= 18;
  return fill(isEvening ? evening : hour < 12 ? morning : afternoon, { name });
}
