import type { FlashPolicy } from '../policy/shape.ts';
import type { FlashColours } from '../vision/flash-colours.ts';
import type { MeanColour } from '../vision/skin.ts';
import type { Evidence, Unmeasured } from './evidence.ts';
import { drawColour, linearOf } from './flash-colours.ts';
import {
  NO_RESPONSE,
  responseAt,
  tintOf,
  type FlashStep,
  type Light,
  type Response,
  type Tint,
} from './flash-response.ts';

/** One frame of the sequence. */
export interface FlashSample {
  /** Server time at which the frame arrived. */
  readonly atMs: number;
  readonly face: Light;
  /** Null where there is none, or it is too dark or too bright to tell its tint. */
  readonly background: Light | null;
}

/** What came of a sequence. `correlation` is 0..1. */
export type FlashFinding =
  | { readonly kind: 'followed' | 'contradicted'; readonly correlation: number; readonly frames: number }
  | { readonly kind: 'unclear'; readonly why: Unmeasured };

/** A sequence of colours and what was seen of it. Plain data. */
export interface FlashRun {
  /** Those revealed so far. */
  readonly steps: readonly FlashStep[];
  readonly samples: readonly FlashSample[];
  /** Frames whose skin was too dark or so bright that some of it may be clipped. */
  readonly badlyExposed: number;
  /** The highest number a client said it showed. */
  readonly lastShown: number;
  /** A client said that it showed a colour it could not know yet, or went back to an earlier one. */
  readonly impossible: boolean;
  /** Null until the last colour's light has had its time to come back. */
  readonly finding: FlashFinding | null;
}

/** Begins with a first colour. `draw` is in [0, 1). */
export function startFlash(atMs: number, draw: number): FlashRun {
  const steps = [{ colour: drawColour(draw, null), fromMs: atMs }];
  return { steps, samples: [], badlyExposed: 0, lastShown: 0, impossible: false, finding: null };
}

/** The colour on show at `atMs` and its number, from 1; null once the last one's time is over. */
export function colourShown(
  run: FlashRun,
  atMs: number,
  policy: FlashPolicy,
): { readonly hex: string; readonly number: number } | null {
  const step = run.steps.at(-1);
  const isOver = run.steps.length === policy.count && atMs >= endOf(run, policy);
  return step === undefined || isOver ? null : { hex: step.colour.hex, number: run.steps.length };
}

/** When the run must look at the clock next; null once it is over. */
export function nextFlashTime(run: FlashRun, atMs: number, policy: FlashPolicy): number | null {
  if (run.finding !== null) return null;
  const endMs = endOf(run, policy);
  return run.steps.length === policy.count && atMs >= endMs ? endMs + policy.maxLagMs : endMs;
}

/** Moves on to the next colour when the present one's time is over, and judges when all are. Uses one draw. */
export function passFlashTime(run: FlashRun, atMs: number, draw: number, policy: FlashPolicy): FlashRun {
  const endMs = endOf(run, policy);
  if (run.finding !== null || atMs < endMs) return run;
  if (run.steps.length < policy.count) {
    const colour = drawColour(draw, run.steps.at(-1)?.colour ?? null);
    // From now on, not from when it was due: no colour is shown for less than its time.
    return { ...run, steps: [...run.steps, { colour, fromMs: atMs }] };
  }
  return atMs < endMs + policy.maxLagMs ? run : { ...run, finding: judgeFlash(run, policy) };
}

/**
 * Folds one frame. `shown` is the number of the colour which its client says it showed, null where it says nothing:
 * it is not believed, but one that cannot be true tells of a client that does not show what it is told.
 */
export function foldFlash(
  run: FlashRun,
  atMs: number,
  colours: FlashColours | null,
  shown: number | null,
): FlashRun {
  if (run.finding !== null) return run;
  const known = run.steps.filter(({ fromMs }) => fromMs <= atMs).length;
  const stamped =
    shown === null
      ? run
      : {
          ...run,
          lastShown: Math.max(run.lastShown, shown),
          impossible: run.impossible || shown > known || shown < run.lastShown,
        };
  if (colours === null) return stamped;
  const face = lightOf(colours.face);
  if (!isTellable(face)) return { ...stamped, badlyExposed: stamped.badlyExposed + 1 };
  const badlyExposed = stamped.badlyExposed + (brightest(face) > CLIPPING ? 1 : 0);
  const behind = colours.background === null ? null : lightOf(colours.background);
  const background = behind !== null && isTellable(behind) ? behind : null;
  return { ...stamped, badlyExposed, samples: [...stamped.samples, { atMs, face, background }] };
}

/** Linear light, 0..1, below or above which the ratio of two channels is mostly noise or clipped. */
const DARKEST = 0.002;
const BRIGHTEST = 0.96;
/**
 * From here on pixels clip one by one: in clips of overexposed people whose light was changed by a computed screen's, skin
 * seemed to follow other colours than those shown.
 */
const CLIPPING = 0.85;
/** A larger share of badly exposed frames leaves nothing to hold against anybody. */
const MOST_BADLY_EXPOSED = 0.1;

function isTellable(light: Light): boolean {
  const { red, green, blue } = light;
  return Math.min(red, green, blue) >= DARKEST && brightest(light) <= BRIGHTEST;
}

function brightest({ red, green, blue }: Light): number {
  return Math.max(red, green, blue);
}

function lightOf({ red, green, blue }: MeanColour): Light {
  return { red: linearOf(red), green: linearOf(green), blue: linearOf(blue) };
}

function endOf({ steps }: FlashRun, { stepMs }: FlashPolicy): number {
  return (steps.at(-1)?.fromMs ?? 0) + stepMs;
}

/**
 * Judges a finished sequence. The lag between a colour's revelation and the frames that show it belongs to network,
 * display and camera: the best one within the policy's range counts. Skin that changes by the shown colours follows.
 * Skin that changes as much by others, before a background that does not, contradicts. Where a background follows as
 * much as the skin does, a flat picture that reflects the screen as a whole is as likely as a near wall: that, and
 * light too bright to outshine, say nothing.
 *
 * This stands against recordings and pictures made up beforehand. A print cut out along the face reflects the screen as
 * skin does, and a client that tints its pictures by what it is told follows as well: those are for other cues.
 */
export function judgeFlash(run: FlashRun, policy: FlashPolicy): FlashFinding {
  const { samples, impossible, badlyExposed } = run;
  if (impossible) return { kind: 'unclear', why: 'implausible-stamps' };
  const { response, lagMs } = bestOf(
    samples.map(({ atMs, face }) => tintOf(atMs, face)),
    run,
    policy,
  );
  const { correlation, explained, total } = response;
  const isBadlyExposed = badlyExposed > MOST_BADLY_EXPOSED * samples.length;
  if (response.steps < policy.minSteps)
    return { kind: 'unclear', why: isBadlyExposed ? 'badly-exposed' : 'too-few-frames' };
  const behind = samples.filter(({ background }) => background !== null);
  const wall = at(
    lagMs,
    behind.map(({ atMs, face, background }) => tintOf(atMs, background ?? face)),
    run,
    policy,
  );
  if (correlation >= policy.followBar) {
    if (explained < policy.minExplained) return { kind: 'unclear', why: 'response-too-weak' };
    const share = (wall.explained * level(behind, 'background')) / (explained * level(samples, 'face'));
    const isFlat = wall.correlation >= policy.followBar && share > policy.maxBackgroundShare;
    return isFlat
      ? { kind: 'unclear', why: 'background-follows' }
      : { kind: 'followed', correlation, frames: samples.length };
  }
  if (isBadlyExposed) return { kind: 'unclear', why: 'badly-exposed' };
  if (total < policy.minContradiction) return { kind: 'unclear', why: 'response-too-weak' };
  const changesAlone = wall.steps >= policy.minSteps && wall.total < total / 2;
  return changesAlone && correlation < policy.contradictBar
    ? { kind: 'contradicted', correlation, frames: samples.length }
    : { kind: 'unclear', why: 'response-unclear' };
}

interface Lagged {
  readonly response: Response;
  readonly lagMs: number;
}

function bestOf(tints: readonly Tint[], run: FlashRun, policy: FlashPolicy): Lagged {
  let best: Lagged = { response: NO_RESPONSE, lagMs: policy.minLagMs };
  for (let lagMs = policy.minLagMs; lagMs <= policy.maxLagMs; lagMs += policy.lagStepMs) {
    const response = at(lagMs, tints, run, policy);
    const isBetter =
      response.correlation > best.response.correlation || response.steps > best.response.steps + 1;
    if (isBetter) best = { response, lagMs };
  }
  return best;
}

function at(lagMs: number, tints: readonly Tint[], run: FlashRun, policy: FlashPolicy): Response {
  return responseAt(lagMs, tints, run.steps, { endMs: endOf(run, policy), settleShare: policy.settleShare });
}

/** Mean light of a surface over the sequence. */
function level(samples: readonly FlashSample[], surface: 'face' | 'background'): number {
  const lights = samples.map((sample) => sample[surface]).filter((light) => light !== null);
  if (lights.length === 0) return 0;
  return lights.reduce((sum, { red, green, blue }) => sum + red + green + blue, 0) / (3 * lights.length);
}

/**
 * Starting values, from simulation only: of bona fide sequences whose light can be told 99 % follow and one in a
 * thousand contradicts; of attacks taken together a tenth is assumed to follow, for a client that tints its pictures
 * by what it is told does, and half of the others to contradict.
 */
const FOLLOWED_LLR = Math.log(0.99 / 0.1);
const CONTRADICTED_LLR = Math.log(0.001 / 0.45);

/** Score: correlation of the skin's changes with the colours', 0..1. `run` is null before the sequence. */
export function flashEvidence(run: FlashRun | null): Evidence {
  const finding = run?.finding ?? null;
  if (finding === null) return { measured: false, why: 'not-started' };
  switch (finding.kind) {
    case 'followed':
      return {
        measured: true,
        logLikelihoodRatio: FOLLOWED_LLR,
        score: finding.correlation,
        frames: finding.frames,
      };
    case 'contradicted':
      return {
        measured: true,
        logLikelihoodRatio: CONTRADICTED_LLR,
        score: finding.correlation,
        frames: finding.frames,
      };
    case 'unclear':
      return { measured: false, why: finding.why };
  }
}
