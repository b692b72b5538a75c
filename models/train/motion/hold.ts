import type { Hold } from './paper.ts';
import { wander, type Course, type Draws } from './random.ts';

/** Ways in which people hold a photo or a screen before a camera. */
export const HOLD_STYLES = ['fixed', 'in-hand', 'waved', 'bent', 'zoomed'] as const;
export type HoldStyle = (typeof HOLD_STYLES)[number];

/** Amplitudes of the movement in the units of `Hold`, and its frequency. */
const SWAYS: Readonly<
  Record<HoldStyle, { readonly by: Hold; readonly slowHz: number; readonly fastHz: number }>
> = {
  fixed: { by: still(), slowHz: 0.1, fastHz: 0.2 },
  'in-hand': {
    by: { yaw: 0.05, pitch: 0.04, roll: 0.03, right: 0.02, down: 0.02, away: 0.02, bend: 0.004 },
    slowHz: 0.2,
    fastHz: 4,
  },
  waved: {
    by: { yaw: 0.4, pitch: 0.28, roll: 0.2, right: 0.06, down: 0.05, away: 0.1, bend: 0.01 },
    slowHz: 0.2,
    fastHz: 1.6,
  },
  bent: {
    by: { yaw: 0.2, pitch: 0.12, roll: 0.1, right: 0.04, down: 0.03, away: 0.06, bend: 0.12 },
    slowHz: 0.2,
    fastHz: 1.6,
  },
  zoomed: {
    by: { yaw: 0.06, pitch: 0.05, roll: 0.04, right: 0.03, down: 0.03, away: 0.4, bend: 0.004 },
    slowHz: 0.2,
    fastHz: 0.8,
  },
};

function still(): Hold {
  return { yaw: 0, pitch: 0, roll: 0, right: 0, down: 0, away: 0, bend: 0 };
}

/** Draws how a sheet is held: its pose at each moment. `away` is its mean additional distance. */
export function drawHold(style: HoldStyle, draws: Draws, away = 0): (seconds: number) => Hold {
  const { by, slowHz, fastHz } = SWAYS[style];
  const strength = draws.between(0.4, 1.2);
  const course = (key: keyof Hold): Course => wander(draws, by[key] * strength, slowHz, fastHz);
  const courses = {
    yaw: course('yaw'),
    pitch: course('pitch'),
    roll: course('roll'),
    right: course('right'),
    down: course('down'),
    away: course('away'),
    bend: course('bend'),
  };
  const yaw = draws.between(-0.12, 0.12);
  const pitch = draws.between(-0.12, 0.12);
  const bend = style === 'fixed' ? 0 : draws.between(-0.03, 0.03);
  return (seconds) => ({
    yaw: yaw + courses.yaw(seconds),
    pitch: pitch + courses.pitch(seconds),
    roll: courses.roll(seconds),
    right: courses.right(seconds),
    down: courses.down(seconds),
    away: away + courses.away(seconds),
    bend: bend + courses.bend(seconds),
  });
}
