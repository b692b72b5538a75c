import { sway } from '../../../../simulator/acting/motion.ts';
import { movedRigidly } from '../join.ts';
import type { Presenter } from '../session-player.ts';

/** How much people move, as multiples of a puppet's sway that are added to the drawn sway. */
export const MANNERS = { calm: 0.2, lively: 3 } as const;
export type Manner = keyof typeof MANNERS;

/** Sway of a puppet: turns in degrees, shifts in pixels, and approach as a share of the face's size. */
const SWAY = { yawDeg: 1.3, pitchDeg: 0.9, rollDeg: 0.8, rightPx: 3, downPx: 2, nearer: 0.012 };

/**
 * The same presenter with an additional random movement of the head, which differs in each session. So one drawing
 * stands for people who move little and for people who move much, and a repeated take does not repeat the head's path.
 */
export function wandering(presenter: Presenter, manner: Manner, random: () => number): Presenter {
  const seed = Math.floor(random() * 2 ** 32);
  const amount = MANNERS[manner];
  const along = (channel: number, size: number, atMs: number) => amount * sway(seed, channel, atMs, size);
  return {
    showAt(atMs) {
      const frame = presenter.showAt(atMs);
      if (frame === null || !frame.face.found) return frame;
      const value = movedRigidly(frame.face.value, {
        yawDeg: along(0, SWAY.yawDeg, atMs),
        pitchDeg: along(1, SWAY.pitchDeg, atMs),
        rollDeg: along(2, SWAY.rollDeg, atMs),
        rightPx: along(3, SWAY.rightPx, atMs),
        downPx: along(4, SWAY.downPx, atMs),
        scale: 1 + along(5, SWAY.nearer, atMs),
      });
      return { ...frame, face: { found: true, value } };
    },
    onStatus: (status, atMs) => presenter.onStatus?.(status, atMs),
  };
}
