import type { WriteStream } from 'node:tty';

/** The part of a terminal that a bar is drawn on. */
export type ProgressStream = Pick<WriteStream, 'write'> & { readonly isTTY?: boolean };

const WIDTH = 24;
/** Where the output is no terminal, a line after each tenth. */
const TENTHS = 10;

/** One line: how many are done, how many a second, and how long the rest takes at this rate. */
export function progressLine(done: number, total: number, elapsedMs: number): string {
  const share = total === 0 ? 1 : done / total;
  const filled = Math.round(WIDTH * share);
  const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
  const rate = elapsedMs > 0 ? (1000 * done) / elapsedMs : 0;
  const left = rate > 0 ? ` · ${durationOf((total - done) / rate)} left` : '';
  return `${bar} ${done}/${total} people · ${rate.toFixed(1)} a second${left}`;
}

/** Such as `45 s`, `3 min 20 s` or `2 h 5 min`. */
export function durationOf(seconds: number): string {
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

/** Draws the line anew at each step on a terminal; elsewhere writes a line now and then. */
export function progressBar(stream: ProgressStream, total: number) {
  const startedAtMs = performance.now();
  let done = 0;
  let drawn = 0;
  return {
    step(): void {
      done++;
      const line = progressLine(done, total, performance.now() - startedAtMs);
      if (stream.isTTY === true) stream.write(`\r\u001b[2K${line}`);
      else if (Math.floor((TENTHS * done) / total) > drawn) {
        drawn = Math.floor((TENTHS * done) / total);
        stream.write(`${line}\n`);
      }
    },
    /** The time that it took, in ms. */
    end(): number {
      if (stream.isTTY === true) stream.write('\r\u001b[2K');
      return performance.now() - startedAtMs;
    },
  };
}
