import type { FlashColour } from './flash-colours.ts';

/** One colour of the sequence, and the server time at which it was revealed. */
export interface FlashStep {
  readonly colour: FlashColour;
  readonly fromMs: number;
}

/** Linear light that a surface reflects, in the camera's channels; larger than zero. */
export interface Light {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
}

/** The colour of one surface at one moment of the sequence. */
export interface Tint {
  /** Server time at which its frame arrived. */
  readonly atMs: number;
  /** ln(red / green) and ln(blue / green): exposure and shading cancel out. */
  readonly warm: number;
  readonly cool: number;
}

/** How a surface's tint followed the colours shown. */
export interface Response {
  /** 0..1: the correlation of the tint's changes with those of the colours; 0 where they are opposite. */
  readonly correlation: number;
  /** Root mean square of the changes that the colours explain. */
  readonly explained: number;
  /** Root mean square of all changes, without a steady drift. */
  readonly total: number;
  /** Steps of which frames were seen. */
  readonly steps: number;
}

export const NO_RESPONSE: Response = { correlation: 0, explained: 0, total: 0, steps: 0 };

/** How a sequence is assigned to frames. */
interface Timing {
  /** When the last step ended. */
  readonly endMs: number;
  /** Share of a step, at its start, that is left out: frames arrive unevenly, and exposure takes time. */
  readonly settleShare: number;
}

export function tintOf(atMs: number, { red, green, blue }: Light): Tint {
  return { atMs, warm: Math.log(red / green), cool: Math.log(blue / green) };
}

/**
 * The response at one lag, from the reveal of a colour to the arrival of the frames that show it. Light adds up: under
 * room light A, a surface that gets k · S of the screen's light changes by k · S / A in each channel. So the changes of
 * the tint are about proportional to S_red − S_green and to S_blue − S_green. Each has its own factor, which depends on
 * A and on the distance. Both factors are fitted to the means of each step, together with an intercept and a drift.
 */
export function responseAt(
  lagMs: number,
  tints: readonly Tint[],
  steps: readonly FlashStep[],
  { endMs, settleShare }: Timing,
): Response {
  const rows: { at: number; colour: FlashColour; warm: number; cool: number }[] = [];
  for (const [i, { colour, fromMs }] of steps.entries()) {
    const untilMs = steps[i + 1]?.fromMs ?? endMs;
    const from = fromMs + lagMs + settleShare * (untilMs - fromMs);
    const during = tints.filter(({ atMs }) => atMs >= from && atMs < untilMs + lagMs);
    if (during.length === 0) continue;
    const middle = (axis: 'warm' | 'cool') =>
      during.reduce((sum, tint) => sum + tint[axis], 0) / during.length;
    rows.push({ at: fromMs, colour, warm: middle('warm'), cool: middle('cool') });
  }
  if (rows.length < MIN_ROWS) return { ...NO_RESPONSE, steps: rows.length };
  const times = rows.map(({ at }) => at);
  const warm = along(
    times,
    rows.map(({ colour }) => colour.red - colour.green),
    rows.map((row) => row.warm),
  );
  const cool = along(
    times,
    rows.map(({ colour }) => colour.blue - colour.green),
    rows.map((row) => row.cool),
  );
  const explained = warm.explained + cool.explained;
  const total = warm.total + cool.total;
  return {
    correlation: total > 0 ? Math.sqrt(explained / total) : 0,
    explained: Math.sqrt(explained / rows.length),
    total: Math.sqrt(total / rows.length),
    steps: rows.length,
  };
}

/** A fit of intercept, drift and slope needs more than three rows to leave a residual. */
const MIN_ROWS = 4;

/** Sums of squares of `y` without its drift: in total, and what a positive multiple of `x` explains. */
function along(
  times: readonly number[],
  x: readonly number[],
  y: readonly number[],
): { explained: number; total: number } {
  const xs = withoutDrift(times, x);
  const ys = withoutDrift(times, y);
  const xy = dot(xs, ys);
  const xx = dot(xs, xs);
  return { explained: xy > 0 && xx > 0 ? xy ** 2 / xx : 0, total: dot(ys, ys) };
}

/** `values` without the straight line that fits them best. */
function withoutDrift(times: readonly number[], values: readonly number[]): readonly number[] {
  const meanTime = mean(times);
  const meanValue = mean(values);
  const t = times.map((time) => time - meanTime);
  const v = values.map((value) => value - meanValue);
  const slope = dot(t, v) / dot(t, t);
  return v.map((value, i) => value - slope * t[i]);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
