import type { Locator, Page } from 'playwright-core';
import type { SteppedCamera } from './stepped-camera.ts';

/** For a test with several sessions, one after another, on a machine of any speed. */
export const JOURNEY_MS = 1_800_000;

const MOST_TRIES = 3;

/**
 * Lets time pass until a face check has passed. It tries again, as a person would, when the service missed a movement.
 */
export async function passed(camera: SteppedCamera, page: Page, goal: Locator): Promise<void> {
  const retry = page.getByRole('button', { name: 'Try again' });
  for (let tries = 1; ; tries += 1) {
    await camera.until(goal.or(retry).first());
    if (await goal.isVisible()) return;
    if (tries === MOST_TRIES) throw new Error('The face check did not pass.');
    await retry.click();
    await retry.waitFor({ state: 'hidden' });
  }
}
