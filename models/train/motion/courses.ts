import { type Course, type Draws, wander } from './random.ts';

/**
 * Rises from 0 to 1, stays there, and falls to 0, along minimum-jerk courses (Flash and Hogan 1985). Times in seconds.
 */
function bump(startS: number, riseS: number, holdS: number, fallS: number): Course {
  return (seconds) => {
    const since = seconds - startS;
    return minimumJerk(Math.min(1, since / riseS, (riseS + holdS + fallS - since) / fallS));
  };
}

function minimumJerk(share: number): number {
  const t = Math.min(1, Math.max(0, share));
  return t * t * t * (10 + t * (6 * t - 15));
}

/** The sum of several courses. */
export function sumOf(...courses: readonly Course[]): Course {
  return (seconds) => courses.reduce((sum, course) => sum + course(seconds), 0);
}

/** A course with all values multiplied by `factor`. */
export function scaled(factor: number, course: Course): Course {
  return (seconds) => factor * course(seconds);
}

export const nothing: Course = () => 0;

/** Random blinks, `perSecond` on average. Each takes .15 to .4 s from open to open. 0: open, 1: closed. */
export function blinks(draws: Draws, perSecond: number, fromS: number, toS: number): Course {
  const events: Course[] = [];
  for (let at = fromS + wait(draws, perSecond); at < toS; at += 0.3 + wait(draws, perSecond)) {
    events.push(bump(at, draws.between(0.06, 0.1), draws.between(0, 0.1), draws.between(0.09, 0.18)));
  }
  return sumOf(...events);
}

/** Saccades: the gaze rests for .2 s to 1 s at one point, and reaches the next within 40 ms. */
export function saccades(draws: Draws, amplitude: number, fromS: number, toS: number): Course {
  const stays: { readonly untilS: number; readonly at: number }[] = [];
  for (let untilS = fromS; untilS < toS; ) {
    untilS += 0.2 + wait(draws, 1.6);
    stays.push({ untilS, at: amplitude * draws.normal() });
  }
  return (seconds) => {
    const index = Math.max(
      0,
      stays.findIndex(({ untilS }) => seconds < untilS),
    );
    const before = stays[index - 1];
    const here = stays[index];
    if (before === undefined) return here.at;
    const share = Math.min(1, (seconds - before.untilS) / 0.04);
    return before.at + (here.at - before.at) * share;
  };
}

/** Jaw of a speaker: syllables of 3 to 6 Hz with pauses. */
export function speech(draws: Draws, amplitude: number): Course {
  const hz = draws.between(3, 6);
  const phase = draws.unit();
  const loudness = wander(draws, 1, 0.3, 1.2);
  return (seconds) => {
    const open = 0.5 - 0.5 * Math.cos(2 * Math.PI * (hz * seconds + phase + 0.3 * loudness(seconds * 0.7)));
    return amplitude * open * Math.max(0, 0.55 + 0.8 * loudness(seconds));
  };
}

/** Movements on request: one or two within the window. */
export function acts(draws: Draws, amplitude: number, fromS: number, toS: number): Course {
  const count = draws.chance(0.3) ? 2 : 1;
  return sumOf(
    ...Array.from({ length: count }, () =>
      scaled(
        amplitude * draws.between(0.5, 1.1),
        bump(
          draws.between(fromS - 0.8, toS - 0.3),
          draws.between(0.25, 0.7),
          draws.between(0.1, 0.8),
          draws.between(0.25, 0.6),
        ),
      ),
    ),
  );
}

function wait(draws: Draws, perSecond: number): number {
  return -Math.log(1 - draws.unit()) / Math.max(1e-6, perSecond);
}
