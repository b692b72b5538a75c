import { readdirSync, readFileSync } from 'node:fs';
import { createHistogram, monitorEventLoopDelay, type RecordableHistogram } from 'node:perf_hooks';
import type { Percentiles, ProcessSample } from './messages.ts';

/** Clock ticks per second in /proc: 100 on every Linux. */
const TICKS = 100;
const PAGE_BYTES = 4096;
const LOOP_RESOLUTION_MS = 5;

/** Collects times in ms with a resolution of one microsecond. Percentiles are exact to 0.1 %. */
export class Times {
  readonly #histogram: RecordableHistogram = createHistogram({ figures: 3 });

  add(ms: number): void {
    this.#histogram.record(Math.max(1, Math.round(ms * 1000)));
  }

  reset(): void {
    this.#histogram.reset();
  }

  sum(): Percentiles {
    return percentilesOf(this.#histogram, 1000, 0);
  }
}

function percentilesOf(
  histogram: { readonly count: number; readonly max: number; percentile(share: number): number },
  unitsInMs: number,
  baseMs: number,
): Percentiles {
  const at = (share: number) =>
    histogram.count === 0 ? 0 : Math.max(0, histogram.percentile(share) / unitsInMs - baseMs);
  const max = histogram.count === 0 ? 0 : Math.max(0, histogram.max / unitsInMs - baseMs);
  return { count: histogram.count, p50: at(50), p95: at(95), p99: at(99), max };
}

/** Measures its own process. */
export class ProcessMeter {
  readonly #delay = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  #sinceMs = performance.now();
  #cpu = process.cpuUsage();

  constructor() {
    this.#delay.enable();
  }

  reset(): void {
    this.#delay.reset();
    this.#sinceMs = performance.now();
    this.#cpu = process.cpuUsage();
  }

  sample(): ProcessSample {
    const seconds = (performance.now() - this.#sinceMs) / 1000;
    const { user, system } = process.cpuUsage(this.#cpu);
    return {
      seconds,
      cpu: (user + system) / 1e6 / seconds,
      rssBytes: process.memoryUsage.rss(),
      loopLagMs: percentilesOf(this.#delay, 1e6, LOOP_RESOLUTION_MS),
    };
  }
}

/** Jain's index of fairness (DEC-TR-301, 1984): 1 when all shares are the same, 1/n when one has everything. */
export function fairness(shares: readonly number[]): number | null {
  if (shares.length < 2) return null;
  const sum = shares.reduce((total, share) => total + share, 0);
  const squares = shares.reduce((total, share) => total + share * share, 0);
  return squares === 0 ? null : (sum * sum) / (shares.length * squares);
}

/** Process ids of children of a process with `inCommand` in their command line. Empty without /proc. */
export function childrenOf(pid: number, inCommand: string): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' '))
      .filter((child) => child !== '' && commandOf(child).includes(inCommand))
      .map(Number);
  } catch {
    return [];
  }
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** Processor seconds used and memory held by a process; zeros when it has ended. */
export function usageOf(pid: number): { cpuSeconds: number; rssBytes: number } {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The process name may contain blanks, so fields are counted from the bracket after it.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    return { cpuSeconds: (fields[11] + fields[12]) / TICKS, rssBytes: fields[21] * PAGE_BYTES };
  } catch {
    return { cpuSeconds: 0, rssBytes: 0 };
  }
}

/** Number of open descriptors of a process; 0 without /proc. */
export function openDescriptors(pid: number | 'self' = 'self'): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}
