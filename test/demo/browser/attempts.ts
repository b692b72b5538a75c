import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import { PHONE } from '../../browser/support/appearances.ts';
import { SESSION_END_MS } from '../../browser/support/face-check.ts';
import { presentToPage } from '../../browser/support/puppet-camera.ts';
import type { Presenter } from '../../../simulator/index.ts';

/** Lets a presenter in front of the page's camera see what an element shows that a page adds later. */
export async function showStatuses(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const show = (event: Event) => {
      if (event instanceof CustomEvent) void statusShown(event.detail);
    };
    // Events that do not bubble are still heard on their way down.
    document.addEventListener('status', show, { capture: true });
  });
}

/** What went wrong on the page by itself: scripts that fail, what the content security policy refused. */
export function troubleOf(page: Page): readonly string[] {
  const trouble: string[] = [];
  page.on('pageerror', (error) => trouble.push(String(error)));
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) trouble.push(message.text());
  });
  return trouble;
}

/** Goes to the sign-in and begins the face check of `username`. */
export async function beginSignIn(page: Page, url: string, username: string): Promise<void> {
  await page.goto(`${url}/sign-in`);
  await page.getByLabel('Username').fill(username);
  await page.getByRole('button', { name: 'Continue with your face' }).click();
  await page.getByRole('button', { name: 'Start' }).click();
}

export interface Attempt {
  readonly url: string;
  readonly username: string;
  /** Who or what is before the camera, and is not the account's owner. */
  readonly presenter: Presenter;
  readonly look: (page: Page) => Promise<void>;
}

/**
 * A picture that answers nothing may be a person in bad light, and is asked for one more look; on a busy machine it may
 * be the service that did not keep up.
 */
const REFUSED =
  /^(We (could not confirm it’s you|need one more look)|The (connection|service) was too slow)$/;

/** Tries to sign in with what must not: refused, with the other way in offered, and nothing opened. */
export async function triesInVain(browser: Browser, attempt: Attempt): Promise<void> {
  const { url, username, presenter, look } = attempt;
  const context = await browser.newContext({ viewport: PHONE, colorScheme: 'dark' });
  const page = await context.newPage();
  await presentToPage(page, presenter);
  await showStatuses(page);
  await beginSignIn(page, url, username);
  await page.getByRole('heading', { name: REFUSED }).waitFor({ timeout: SESSION_END_MS });
  await look(page);
  await page.getByRole('button', { name: 'Use your password' }).click();
  expect(await page.getByLabel('Password').isVisible()).toBe(true);
  await page.goto(`${url}/account`);
  expect(new URL(page.url()).pathname).toBe('/sign-in');
  await context.close();
}
