import type { Locator, Page } from 'playwright-core';

/**
 * No page waits longer for the end of a session with the real server, which takes 60 s at most, its way there and its
 * answer.
 */
export const SESSION_END_MS = 180_000;

/** For a test in which sessions follow each other in real time. */
export const JOURNEY_MS = 900_000;

const MOST_TRIES = 5;

/** Waits for what a passed face check leads to; tries again as a person would when a slow machine lost a movement. */
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
