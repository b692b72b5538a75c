import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import { PHONE } from '../../browser/support/appearances.ts';
import type { SteppedCamera } from '../../browser/support/stepped-camera.ts';
import type { Presenter } from '../../../simulator/index.ts';

/** Errors of the page itself: failed scripts, and violations of the content security policy. */
export function troubleOf(page: Page): readonly string[] {
  const trouble: string[] = [];
  page.on('pageerror', (error) => trouble.push(String(error)));
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) trouble.push(message.text());
  });
  return trouble;
}

/** Opens the sign-in and starts the face check of `username`. */
export async function beginSignIn(page: Page, url: string, username: string): Promise<void> {
  await page.goto(`${url}/sign-in`);
  await page.getByLabel('Username').fill(username);
  await page.getByRole('button', { name: 'Continue with your face' }).click();
  await page.getByRole('button', { name: 'Start' }).click();
}

interface Attempt {
  readonly camera: SteppedCamera;
  readonly url: string;
  readonly username: string;
  /** The person or object before the camera. It is not the account's owner. */
  readonly presenter: Presenter;
  readonly look: (page: Page) => Promise<void>;
}

/** A still picture may look like a person in bad light, so the answer may be re-verify. */
const REFUSED = /^We (could not confirm it’s you|need one more look)$/;

/**
 * Tries to sign in with something that must fail: the attempt is refused, the other way is offered, and nothing is
 * opened.
 */
export async function triesInVain(browser: Browser, attempt: Attempt): Promise<void> {
  const { camera, url, username, presenter, look } = attempt;
  const context = await browser.newContext({ viewport: PHONE, colorScheme: 'dark' });
  const page = await context.newPage();
  await camera.stand(page, presenter);
  await beginSignIn(page, url, username);
  await camera.until(page.getByRole('heading', { name: REFUSED }));
  await look(page);
  await page.getByRole('button', { name: 'Use your password' }).click();
  expect(await page.getByLabel('Password').isVisible()).toBe(true);
  await page.goto(`${url}/account`);
  expect(new URL(page.url()).pathname).toBe('/sign-in');
  await context.close();
}
