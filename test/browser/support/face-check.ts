import type { Locator, Page } from 'playwright-core';

/**
 * Longest wait of a page for the end of a session with the real server. A session takes 60 s at most; the rest is for
 * the way there and the answer.
 */
export const SESSION_END_MS = 180_000;

/** For a test with several sessions in real time, one after another. */
export const JOURNEY_MS = 900_000;

const MOST_TRIES = 5;

/**
 * Waits for the result of a passed face check. It tries again, as a person would, when a slow machine missed a
 * movement.
 */
export async function passed(page: Page, goal: Locator): Promise<void> {
  const retry = page.getByRole('button', { name: 'Try again' });
  for (let tries = 1; ; tries += 1) {
    await goal.or(retry).first().waitFor({ timeout: SESSION_END_MS });
    if (await goal.isVisible()) return;
    if (tries === MOST_TRIES) throw new Error('The face check did not pass.');
    await retry.click();
    await retry.waitFor({ state: 'hidden' });
  }
}
