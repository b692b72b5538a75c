import type { Hint, Slowness } from '../../protocol/status.ts';
import type { SupplyPolicy } from '../policy/supply.ts';
import type { FrameFlow } from './state.ts';

/**
 * Whether a session gets the frames that it needs. `missing` grows with time at the policy's rate, and falls by one
 * with each analysed frame, never below 0 (a leaky bucket). So a short stall has no effect at any time, and a low rate
 * is detected after a while. Times are server milliseconds.
 */
export interface FrameSupply {
  readonly missing: number;
  /** The time up to which `missing` was counted. */
  readonly atMs: number;
  /** Time before this is not counted, while the client may hold back pictures. */
  readonly waivedUntilMs: number;
  /** The last analysed frame was good, so that the client had no reason to hold back the next one. */
  readonly lastWasGood: boolean;
  /** When the newest frames were analysed, oldest first. */
  readonly recentMs: readonly number[];
  readonly lately: Lately;
  /** Since when positioning waits only for the connection; null: it does not. */
  readonly heldSinceMs: number | null;
  /** Null: not starved. */
  readonly starvedBy: Slowness | null;
  readonly task: SupplyTask;
}

/** Recent counts and times. Each decays by a factor of e every `LATELY_MS`. */
interface Lately {
  readonly arrived: number;
  readonly answered: number;
  /** Time in which the client was allowed to send. */
  readonly allowedMs: number;
  /** Time in which a frame waited for a worker or was with one. */
  readonly busyMs: number;
}

/** The phase, or the challenge, that the person is at. */
interface SupplyTask {
  readonly key: string;
  readonly sinceMs: number;
  /** Analysed since. */
  readonly frames: number;
  readonly starvedMs: number;
  /** What last starved it. */
  readonly starvedBy: Slowness | null;
}

const LATELY_MS = 2_000;
const NOTHING_LATELY: Lately = { arrived: 0, answered: 0, allowedMs: 0, busyMs: 0 };

/** Before the first frame. A camera may take a moment to start. */
export function openSupply(atMs: number, policy: SupplyPolicy | null): FrameSupply {
  return {
    missing: 0,
    atMs,
    waivedUntilMs: atMs + (policy?.glimpseMs ?? 0),
    lastWasGood: false,
    recentMs: [],
    lately: NOTHING_LATELY,
    heldSinceMs: null,
    starvedBy: null,
    task: newTask('', atMs),
  };
}

/** Lets time pass up to `atMs`. `flow` was the same all that time. `placing`: the client may hold back pictures. */
export function passSupplyTime(
  supply: FrameSupply,
  flow: FrameFlow,
  placing: boolean,
  atMs: number,
  policy: SupplyPolicy,
): FrameSupply {
  const elapsedMs = atMs - supply.atMs;
  if (elapsedMs <= 0) return supply;
  const { lately, task } = supply;
  const kept = Math.exp(-elapsedMs / LATELY_MS);
  const isBusy = flow.waiting !== null || flow.turn.at === 'running';
  const starvedMs = task.starvedMs + (supply.starvedBy === null ? 0 : elapsedMs);
  const countedMs = Math.max(0, atMs - countedFromMs(supply, placing));
  return withStarvation(
    {
      ...supply,
      missing: lacking(supply.missing, countedMs, policy),
      atMs,
      lately: {
        arrived: kept * lately.arrived,
        answered: kept * lately.answered,
        allowedMs: kept * lately.allowedMs + (flow.credit > 0 ? elapsedMs : 0),
        busyMs: kept * lately.busyMs + (isBusy ? elapsedMs : 0),
      },
      task: { ...task, starvedMs, starvedBy: supply.starvedBy ?? task.starvedBy },
    },
    policy,
  );
}

export function countArrival(supply: FrameSupply): FrameSupply {
  const { lately } = supply;
  return { ...supply, lately: { ...lately, arrived: lately.arrived + 1 } };
}

/** A frame came back without an analysis. The service answered, but the session still lacks the frame. */
export function countFailure(supply: FrameSupply): FrameSupply {
  const { lately } = supply;
  return { ...supply, lately: { ...lately, answered: lately.answered + 1 } };
}

/** Counts a frame that was analysed now. `good`: a client has no reason to hold back a picture like it. */
export function countAnalysis(
  supply: FrameSupply,
  good: boolean,
  placing: boolean,
  policy: SupplyPolicy,
): FrameSupply {
  const { atMs, lastWasGood, recentMs } = supply;
  const lastMs = recentMs.at(-1);
  const keptNoneBack = placing && good && lastWasGood && lastMs !== undefined;
  const waivedMs = keptNoneBack ? Math.min(atMs, supply.waivedUntilMs) - lastMs : 0;
  const missing = Math.max(0, lacking(supply.missing, waivedMs, policy) - 1);
  return withStarvation(
    {
      ...countFailure(supply),
      missing,
      waivedUntilMs: atMs + policy.glimpseMs,
      lastWasGood: good,
      task: { ...supply.task, frames: supply.task.frames + 1 },
      recentMs: [...recentMs, atMs].slice(-policy.recoveredFrames),
    },
    policy,
  );
}

/**
 * Whether no challenge should start yet, because the connection is too slow to show an answer. A session does not wait
 * for a slow service: sessions that wait would keep the service busy, and sessions that go on end and free it.
 */
export function awaitsLine(supply: FrameSupply, policy: SupplyPolicy): boolean {
  const isEnough = supply.starvedBy === null && keepsRate(supply, policy.steadyFrames, policy);
  return !isEnough && causeOf(supply.lately) === 'connection';
}

/** `held`: positioning waits only for the connection. */
export function withHold(supply: FrameSupply, held: boolean): FrameSupply {
  return { ...supply, heldSinceMs: held ? (supply.heldSinceMs ?? supply.atMs) : null };
}

function newTask(key: string, sinceMs: number): SupplyTask {
  return { key, sinceMs, frames: 0, starvedMs: 0, starvedBy: null };
}

/** Starts to count anew when the phase or challenge, which `key` identifies, is another. */
export function atTask(supply: FrameSupply, key: string, atMs: number): FrameSupply {
  return supply.task.key === key ? supply : { ...supply, task: newTask(key, atMs) };
}

/**
 * Which slowness explains that something is missing at the end of a phase or challenge; null: none does. It starves the
 * session now; or it did for a large part of the time; or too few frames were analysed in total. While a face is being
 * positioned, only the first two count.
 */
export function starvedTask(
  supply: FrameSupply,
  placing: boolean,
  atMs: number,
  policy: SupplyPolicy,
): Slowness | null {
  const { starvedBy, task, lately } = supply;
  if (starvedBy !== null) return starvedBy;
  const tookMs = atMs - task.sinceMs;
  if (task.starvedBy !== null && task.starvedMs >= policy.starvedShare * tookMs) return task.starvedBy;
  const isLow = (task.frames + 1) * 1000 < policy.minFramesPerSecond * tookMs;
  return isLow && !placing ? causeOf(lately) : null;
}

/**
 * When the session will be starved if nothing arrives, or up to half a second later. Infinity when it is starved
 * already. Server milliseconds.
 */
export function starvationDueMs(supply: FrameSupply, placing: boolean, policy: SupplyPolicy): number {
  if (supply.starvedBy !== null) return Infinity;
  const lackMs = (1000 * (policy.missingFrames - supply.missing)) / policy.minFramesPerSecond;
  const dueMs = countedFromMs(supply, placing) + lackMs;
  const heldMs = supply.heldSinceMs === null ? Infinity : supply.heldSinceMs + policy.heldMs;
  const nextMs = Math.max(supply.atMs, Math.min(dueMs, heldMs));
  return (Math.floor(nextMs / WAKE_STEP_MS) + 1) * WAKE_STEP_MS;
}

/** Wake-ups are coarse, so that not every frame sets another timer. */
const WAKE_STEP_MS = 500;

export const SLOWNESS_HINT: Readonly<Record<Slowness, Hint>> = {
  connection: 'connection-slow',
  service: 'service-slow',
};

function countedFromMs({ atMs, waivedUntilMs }: FrameSupply, placing: boolean): number {
  return placing ? Math.max(atMs, waivedUntilMs) : atMs;
}

/**
 * Frames that are missing after this time. Bounded, so that a connection that has recovered is soon trusted. The bound
 * is one above the bar, so that a single frame does not end a shortage.
 */
function lacking(missing: number, elapsedMs: number, policy: SupplyPolicy): number {
  return Math.min(policy.missingFrames + 1, missing + (elapsedMs * policy.minFramesPerSecond) / 1000);
}

function withStarvation(supply: FrameSupply, policy: SupplyPolicy): FrameSupply {
  const { missing, heldSinceMs, atMs } = supply;
  const lacksFrames = missing >= policy.missingFrames;
  const isHeld = heldSinceMs !== null && atMs - heldSinceMs >= policy.heldMs;
  const isStarved =
    (lacksFrames || isHeld || supply.starvedBy !== null) &&
    !keepsRate(supply, policy.recoveredFrames, policy);
  return { ...supply, starvedBy: isStarved ? causeOf(supply.lately) : null };
}

function keepsRate({ recentMs, atMs }: FrameSupply, frames: number, policy: SupplyPolicy): boolean {
  const first = recentMs.at(-frames);
  return first !== undefined && atMs - first <= ((frames - 1) * 1000) / policy.minFramesPerSecond;
}

/**
 * Which part is too slow. It compares the rate at which the client sends while it is allowed to with the rate at which
 * the service answers while it has a frame. A slow service withholds credit, which slows the client down. A slow
 * connection leaves credit unused, and the service idle.
 */
function causeOf({ arrived, answered, allowedMs, busyMs }: Lately): Slowness {
  const sent = arrived === 0 ? 0 : arrived / allowedMs;
  const served = busyMs === 0 ? Infinity : answered / busyMs;
  return served < sent ? 'service' : 'connection';
}
