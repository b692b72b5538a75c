import { Camera } from '../drawing/camera.ts';
import type { Action } from '../acting/motion.ts';
import type { Portrait } from '../portraits/portrait.ts';
import type { Presenter } from '../presenter.ts';
import type { Person } from '../person/person.ts';

/** A photo held quite still: only the camera's noise moves. */
export function stillPhoto({ image }: Portrait, seed: number): Presenter {
  const camera = new Camera(seed);
  return { frameAt: (atMs) => camera.take(image, atMs) };
}

/**
 * A recording of a living person that goes through `order` from `startMs` on, an action every `everyMs`, and hears
 * nothing. It passes where challenges come in a guessable order.
 */
export function fixedOrder(
  person: Pick<Person, 'perform' | 'frameAt'>,
  order: readonly Action[],
  startMs: number,
  everyMs = 2_500,
): Presenter {
  for (const [i, action] of order.entries()) person.perform(action, startMs + i * everyMs);
  return { frameAt: (atMs) => person.frameAt(atMs) };
}

/** One subject proves to be live, another is there from `atMs` on. Both hear and answer the challenges. */
export function swapHalfway(before: Presenter, after: Presenter, swapAtMs: number): Presenter {
  return {
    frameAt: (atMs) => (atMs < swapAtMs ? before : after).frameAt(atMs),
    onStatus(status, atMs) {
      before.onStatus?.(status, atMs);
      after.onStatus?.(status, atMs);
    },
  };
}
