import type { FlashPolicy } from '../policy/flash.ts';
import type { FlashColours } from '../vision/flash-colours.ts';
import type { MeanColour } from '../vision/skin.ts';
import { unchanged, type CueDefinition } from './cue.ts';
import { NOT_REQUESTED, type Evidence, type Unmeasured } from './evidence.ts';
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
interface FlashSample {
  /** Server time at which the frame arrived. */
  readonly atMs: number;
  readonly face: Light;
  /** Null where there is no background, or it is too dark or too bright to measure its tint. */
  readonly background: Light | null;
}

/** The result of a sequence. `correlation` is 0..1. */
export type FlashFinding =
  | { readonly kind: 'followed' | 'contradicted'; readonly correlation: number; readonly frames: number }
  | { readonly kind: 'unclear'; readonly why: Unmeasured };

/** A sequence of colours, and what the frames showed of it. Plain data. */
export interface FlashRun {
  /** The colours revealed so far. */
  readonly steps: readonly FlashStep[];
  readonly samples: readonly FlashSample[];
  /** Frames whose skin was too dark, or so bright that some of it may be clipped. */
  readonly badlyExposed: number;
  /** The highest number that the client said it showed. */
  readonly lastShown: number;
  /** The client said that it showed a colour that it could not know yet, or an earlier one again. */
  readonly impossible: boolean;
  /** Null until the light of the last colour had time to arrive. */
  readonly finding: FlashFinding | null;
}

/** Starts with the first colour. `draw` is in [0, 1). */
export function startFlash(atMs: number, draw: number): FlashRun {
  const steps = [{ colour: drawColour(draw, null), fromMs: atMs }];
  return { steps, samples: [], badlyExposed: 0, lastShown: 0, impossible: false, finding: null };
}

/** The colour that is shown at `atMs`, and its number, from 1; null once the time of the last one is over. */
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

/** Shows the next colour when the time of the present one is over; judges when all are over. Uses one draw. */
export function passFlashTime(run: FlashRun, atMs: number, draw: number, policy: FlashPolicy): FlashRun {
  const endMs = endOf(run, policy);
  if (run.finding !== null || atMs < endMs) return run;
  if (run.steps.length < policy.count) {
    const colour = drawColour(draw, run.steps.at(-1)?.colour ?? null);
    // It counts from now and not from when it was due, so that no colour is shown for less than its time.
    return { ...run, steps: [...run.steps, { colour, fromMs: atMs }] };
  }
  return atMs < endMs + policy.maxLagMs ? run : { ...run, finding: judgeFlash(run, policy) };
}

/**
 * Folds one frame. `shown` is the number of the colour that the client says it showed; null where it says nothing. The
 * number is no proof. But a number that cannot be true means that the client does not show what it is told.
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

/** Below or above this linear light, 0..1, the ratio of two channels is mostly noise, or clipped. */
const DARKEST = 0.002;
const BRIGHTEST = 0.96;
/**
 * From here on, single pixels clip. In clips of overexposed people, with the computed light of a screen added, the skin
 * seemed to follow other colours than those shown.
 */
const CLIPPING = 0.85;
/** With a larger share of badly exposed frames, the sequence is no evidence against the person. */
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
 * Judges a finished sequence. Network, display and camera delay the frames that show a colour: of the lags within the
 * policy's range, the best one counts. Skin that changes with the shown colours follows. Skin that changes as much with
 * other colours contradicts, if the background does not change too. When the background follows as much as the skin, a
 * flat picture that reflects the screen as a whole is as likely as a near wall. That is no evidence, and neither is a
 * room too bright for the screen.
 *
 * This detects recordings, and pictures made beforehand. It does not detect a print that is cut out along the face,
 * which reflects the screen as skin does, nor a client that tints its pictures by the colours it is told: other cues
 * must.
 */
function judgeFlash(run: FlashRun, policy: FlashPolicy): FlashFinding {
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

/** The mean light of a surface over the sequence. */
function level(samples: readonly FlashSample[], surface: 'face' | 'background'): number {
  const lights = samples.map((sample) => sample[surface]).filter((light) => light !== null);
  if (lights.length === 0) return 0;
  return lights.reduce((sum, { red, green, blue }) => sum + red + green + blue, 0) / (3 * lights.length);
}

/**
 * Starting values, from simulation only. Of bona fide sequences whose light can be measured, 99 % follow and one in a
 * thousand contradicts. Of all attacks, a tenth is assumed to follow, as a client does that tints its pictures; half of
 * the others are assumed to contradict.
 */
const FOLLOWED_LLR = Math.log(0.99 / 0.1);
const CONTRADICTED_LLR = Math.log(0.001 / 0.45);

/** Score: the correlation of the skin's changes with those of the colours, 0..1. `run` is null before the sequence. */
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

/** What the session knows of the colours. `run` is null until the first is shown. */
export interface FlashSession {
  readonly offered: boolean;
  readonly run: FlashRun | null;
}

/** The phase `matching` runs the sequence, because it needs the clock and the draws. The cue only reads it. */
export const flashCue: CueDefinition<null, unknown, { readonly flash: FlashSession }, 'flash-contradicted'> =
  {
    initial: null,
    fold: unchanged,
    evidence(_, { flash: { offered, run } }, policy) {
      if (policy.flash === null) return NOT_REQUESTED;
      return offered ? flashEvidence(run) : { measured: false, why: 'not-offered' };
    },
    rejectReason: {
      reason: 'flash-contradicted',
      applies: ({ score }, { flash }) => flash !== null && score < flash.contradictBar,
    },
  };
