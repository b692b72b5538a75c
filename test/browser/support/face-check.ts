import type { Locator, Page } from 'playwright-core';

/** The longest session with the real server, its way there and its answer: no page waits longer for an end. */
export const SESSION_END_MS = 75_000;

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
