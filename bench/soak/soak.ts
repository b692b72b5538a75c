import { setTimeout as delay } from 'node:timers/promises';
import { LoadRig, type RigOptions, type Window } from '../load/rig.ts';
import { thisMachine, type Machine } from '../load/run.ts';

interface SoakPoint extends Window {
  readonly atMinute: number;
}

export interface SoakReport {
  readonly machine: Machine;
  readonly transport: RigOptions['transport'];
  readonly policy: string;
  readonly framesPerSecond: number;
  readonly minutes: number;
  /** Number of simultaneous clients, and the share of the workers' time that it was chosen for. */
  readonly seats: number;
  readonly aimedLoad: number;
  readonly points: readonly SoakPoint[];
  readonly trends: readonly Trend[];
}

/** A figure's trend over the soak without its warm-up, in which memory grows as caches fill. */
interface Trend {
  readonly what: string;
  readonly unit: string;
  readonly first: number;
  readonly last: number;
  readonly slopeAnHour: Slope;
  /** Slope of the second half alone. Growth that has a limit has ended there; a leak has not. */
  readonly lateSlopeAnHour: Slope;
}

/** Slope by least squares. */
export interface Slope {
  readonly slope: number;
  /** Standard error of the slope. */
  readonly error: number;
}

interface SoakOptions extends RigOptions {
  readonly minutes: number;
  /** Target share of the workers' time, 0..1. */
  readonly load: number;
  readonly points: number;
  readonly onProgress: (text: string) => void;
}

/** Share of the soak that counts as warm-up. */
const WARM_UP_SHARE = 0.2;
/**
 * Rounds in which the number of clients for the load is found. Several are necessary because a frame takes less time
 * when workers are busy.
 */
const CALIBRATIONS = 3;
const FIRST_SEATS = 4;
const CALIBRATION_S = 16;
const SETTLE_S = 4;

/** Keeps a server at a share of its capacity for the given time, and measures it. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { minutes, points, load, transport, policy, framesPerSecond, onProgress } = options;
  const machine = thisMachine();
  const rig = await LoadRig.start(options);
  try {
    let seats = FIRST_SEATS;
    for (let round = 0; round < CALIBRATIONS; round++) {
      const share = await loadOf(rig, seats, Math.min(CALIBRATION_S, 4 * minutes));
      onProgress(`${seats} people: ${(100 * share).toFixed(0)} % of the workers' time`);
      seats = seatsFor(load, seats, share);
    }
    rig.seat(seats);
    const startedAtMs = performance.now();
    const measured: SoakPoint[] = [];
    for (let point = 0; point < points; point++) {
      rig.reset();
      await delay((60_000 * minutes) / points);
      const window = await rig.sample();
      measured.push({ atMinute: (performance.now() - startedAtMs) / 60_000, ...window });
      onProgress(progressOf(measured[measured.length - 1]));
    }
    const trends = trendsOf(measured);
    return {
      machine,
      transport,
      policy,
      framesPerSecond,
      minutes,
      seats,
      aimedLoad: load,
      points: measured,
      trends,
    };
  } finally {
    await rig.close();
  }
}

/** Mean share of the workers' time with this number of clients, over some seconds. */
async function loadOf(rig: LoadRig, seats: number, seconds: number): Promise<number> {
  rig.seat(seats);
  await delay(1000 * SETTLE_S);
  let sum = 0;
  const looks = Math.max(1, Math.round(seconds));
  for (let look = 0; look < looks; look++) {
    await delay(1000);
    sum += (await rig.sample()).server.capacity.load;
  }
  return sum / looks;
}

/**
 * Number of clients for the load `load` when `seats` clients cause `theirLoad`. At least 1, and at most twice `seats`.
 */
export function seatsFor(load: number, seats: number, theirLoad: number): number {
  return Math.max(1, Math.round(Math.min(2 * seats, (seats * load) / theirLoad)));
}

function progressOf({ atMinute, server }: SoakPoint): string {
  const { process, latencyMs, descriptors } = server;
  return `minute ${atMinute.toFixed(1)}: ${(process.rssBytes / 1e6).toFixed(0)} MB, p99 ${latencyMs.p99.toFixed(0)} ms, ${descriptors} descriptors`;
}

const FIGURES: readonly (readonly [what: string, unit: string, value: (point: SoakPoint) => number])[] = [
  ['server memory', 'MB', ({ server }) => server.process.rssBytes / 1e6],
  ['server heap, collected', 'MB', ({ server }) => server.heapBytes / 1e6],
  ['workers memory', 'MB', ({ server }) => server.workers.rssBytes / 1e6],
  ['descriptors', '', ({ server }) => server.descriptors],
  ['latency p50', 'ms', ({ server }) => server.latencyMs.p50],
  ['latency p99', 'ms', ({ server }) => server.latencyMs.p99],
];

/** The trends of all figures. Empty with fewer than three points in the second half. */
function trendsOf(points: readonly SoakPoint[]): Trend[] {
  const settled = points.slice(Math.ceil(WARM_UP_SHARE * points.length));
  const late = points.slice(Math.ceil(points.length / 2));
  if (late.length < 3) return [];
  return FIGURES.map(([what, unit, value]) => {
    const slopeOf = (part: readonly SoakPoint[]) =>
      fitLine(part.map((point) => [point.atMinute / 60, value(point)]));
    return {
      what,
      unit,
      first: value(settled[0]),
      last: value(settled[settled.length - 1]),
      slopeAnHour: slopeOf(settled),
      lateSlopeAnHour: slopeOf(late),
    };
  });
}

/**
 * Least-squares line through points (x, y), with the standard error of its slope. Needs three points and two different
 * x.
 */
export function fitLine(points: readonly (readonly [number, number])[]): Slope {
  const mean = (at: 0 | 1) => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  let xx = 0;
  let xy = 0;
  for (const [x, y] of points) {
    xx += (x - meanX) ** 2;
    xy += (x - meanX) * (y - meanY);
  }
  const slope = xy / xx;
  const squares = points.reduce((sum, [x, y]) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0);
  return { slope, error: Math.sqrt(squares / (points.length - 2) / xx) };
}
