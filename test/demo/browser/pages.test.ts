import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildDemo } from '../../../tools/build/demo.ts';
import { connect } from '../../../client/kiosk/session-client.ts';
import { chromiumPath, launchBrowser } from '../../../tools/chromium.ts';
import { LOOKS, PHONE, SHOTS } from '../../browser/support/appearances.ts';
import { findingsOn } from '../../browser/support/findings.ts';
import { troubleOf } from './attempts.ts';
import { type RealServer, startRealServer } from '../../../tools/throwaway-server.ts';

describe.skipIf(chromiumPath === null)("the demo's pages (skipped where no Chromium is found)", () => {
  let browser: Browser;
  let assets: string;
  let server: RealServer;

  beforeAll(async () => {
    assets = await mkdtemp(join(tmpdir(), 'veriframe-demo-'));
    await buildDemo(assets);
    server = await startRealServer({
      transport: 'ws',
      env: { VERIFRAME_DEMO: 'on', VERIFRAME_DEMO_PAGES: assets },
    });
    browser = await launchBrowser(chromiumPath ?? '');
    if (SHOTS !== undefined) await mkdir(SHOTS, { recursive: true });
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
    await rm(assets, { recursive: true, force: true });
  });

  it.each(LOOKS)('$name: axe finds nothing on the way from the welcome to an empty account', async (look) => {
    const { name, viewport, colorScheme } = look;
    const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' });
    await context.grantPermissions(['camera']);
    const page = await context.newPage();
    const trouble = troubleOf(page);
    const findings: Record<string, readonly string[]> = {};
    const lookAt = async (what: string) => {
      await page.evaluate(() => document.fonts.ready);
      if (SHOTS !== undefined) await page.screenshot({ path: join(SHOTS, `${name}-${what}.png`) });
      findings[what] = await findingsOn(page);
    };

    await page.goto(server.url);
    await lookAt('1-welcome');
    await page.goto(`${server.url}/nowhere`);
    await lookAt('2-not-found');
    await page.goto(`${server.url}/sign-in`);
    await lookAt('3-sign-in');
    await page.getByRole('button', { name: 'Use your password instead' }).click();
    const nobody = `nobody-${name}`;
    await page.getByLabel('Username').fill(nobody);
    await page.getByLabel('Password').fill('a wrong password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').waitFor();
    await lookAt('4-sign-in-refused');
    await page.getByRole('button', { name: 'Use your face instead' }).click();
    await page.getByRole('button', { name: 'Continue with your face' }).click();
    await page.locator('face-auth[screen=start]').waitFor();
    await lookAt('5-sign-in-face');
    await lockOut(page, server, nobody);
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByText(/Too many attempts. Try again in \d+ minutes, or use your password./).waitFor();
    await lookAt('5-sign-in-locked');
    expect(await page.getByRole('button', { name: 'Use your password instead' }).isVisible()).toBe(true);

    await page.goto(`${server.url}/register`);
    await lookAt('6-register');
    await page.getByLabel('Username').fill(name);
    await page.getByLabel('Email').fill('mary@example.org');
    await page.getByText('Add a password too').click();
    await page.getByLabel('Password').fill('correct horse battery');
    await lookAt('7-register-filled');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.locator('face-auth[screen=start]').waitFor();
    await lookAt('8-register-face');
    await page.getByRole('button', { name: 'Start' }).click();
    await page.locator('face-auth[screen=streaming]').waitFor();
    await page.locator('.line:not(.leaving)').first().waitFor();
    await lookAt('9-register-streaming');

    await page.route('**/api/account', () => {});
    await page.goto(`${server.url}/account`);
    await lookAt('10-account-loading');
    await page.unroute('**/api/account');
    await page.reload();
    await page.getByRole('heading', { name: 'Your face' }).waitFor();
    await lookAt('10-account-empty');
    await page.getByRole('button', { name: 'Delete everything' }).click();
    await lookAt('11-account-delete');
    await page.getByRole('button', { name: 'Keep my account' }).click();
    await context.setOffline(true);
    await page.getByText('You are offline.').waitFor();
    await lookAt('12-account-offline');
    await context.setOffline(false);
    await page.route('**/api/account', (route) => route.abort());
    await page.reload();
    await page.getByRole('button', { name: 'Try again' }).waitFor();
    await lookAt('13-account-failed');
    await page.unroute('**/api/account');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Create an account' }).waitFor();

    await context.close();
    expect(findings).toEqual(Object.fromEntries(Object.keys(findings).map((what) => [what, []])));
    expect(trouble).toEqual([]);
  });

  it('a language picked at the foot of a page stays, from right to left, also where the camera is denied', async () => {
    const context = await browser.newContext({ viewport: PHONE, locale: 'de-AT', reducedMotion: 'reduce' });
    const page = await context.newPage();
    await page.goto(`${server.url}/register`);
    await page.getByRole('heading', { name: 'Konto anlegen' }).waitFor();
    await page.getByRole('link', { name: 'العربية' }).click();
    await page.getByRole('heading', { name: 'إنشاء حساب' }).waitFor();
    expect(await findingsOn(page)).toEqual([]);
    await page.getByLabel('اسم المستخدم').fill('layla');
    await page.getByLabel('البريد الإلكتروني').fill('layla@example.org');
    await page.getByRole('button', { name: 'متابعة' }).click();
    await page.getByRole('button', { name: 'ابدأ' }).waitFor();
    expect(await page.locator('face-auth section').getAttribute('dir')).toBe('rtl');
    await page.getByRole('button', { name: 'ابدأ' }).click();
    await page.locator('face-auth[screen=denied]').waitFor();
    if (SHOTS !== undefined) await page.screenshot({ path: join(SHOTS, 'phone-denied-ar.png') });
    expect(await findingsOn(page)).toEqual([]);
    await context.grantPermissions(['camera']);
    await page.getByRole('button', { name: 'حاول مجددًا' }).click();
    await page.locator('face-auth[screen=streaming]').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'ليس الآن' }).click();
    await page.getByRole('heading', { name: 'ما نحتفظ به عنك' }).waitFor();
    expect(await findingsOn(page)).toEqual([]);
    await context.close();
  });

  it('a user who returns later confirms their identity before anything is deleted', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${server.url}/register`);
    await page.getByLabel('Username').fill('joan');
    await page.getByLabel('Email').fill('joan@example.org');
    await page.getByText('Add a password too').click();
    await page.getByLabel('Password').fill('correct horse battery');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('link', { name: 'Not now' }).click();
    await page.getByRole('heading', { name: 'Devices' }).waitFor();
    const database = new Sqlite(join(server.dataDir, 'demo.db'));
    database.exec('UPDATE browser_sessions SET confirmed_at_ms = 0');
    database.close();
    await page.reload();
    await page.getByRole('button', { name: 'Delete everything' }).click();
    await page.getByRole('heading', { name: 'Confirm it’s you' }).waitFor();
    await page.getByRole('link', { name: 'Deutsch' }).click();
    await page.getByRole('heading', { name: 'Bestätigen Sie, dass Sie es sind' }).waitFor();
    await page.getByRole('link', { name: 'English' }).click();
    await page.getByRole('heading', { name: 'Confirm it’s you' }).waitFor();
    expect(await page.getByLabel('Username').inputValue()).toBe('joan');
    await page.getByRole('button', { name: 'Use your password instead' }).click();
    await page.getByLabel('Password').fill('correct horse battery');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete everything' }).click();
    await page.waitForURL(`${server.url}/`);
    await page.goto(`${server.url}/sign-in`);
    await page.getByRole('button', { name: 'Use your password instead' }).click();
    await page.getByLabel('Username').fill('joan');
    await page.getByLabel('Password').fill('correct horse battery');
    await page.getByRole('button', { name: 'Sign in' }).click();
    expect(await page.getByRole('alert').textContent()).toContain('could not sign you in');
    await context.close();
  });
});

/** Fails often enough that the service locks the name. */
async function lockOut(page: Page, server: RealServer, username: string): Promise<void> {
  const ask = () =>
    page.evaluate(async (name) => {
      const request = {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username: name }),
      };
      const response = await fetch('/api/face/sign-in', request);
      return { status: response.status, ...((await response.json()) as { ticket?: string }) };
    }, username);
  let answer = await ask();
  for (let tries = 0; tries < 10 && answer.ticket !== undefined; tries += 1) {
    const session = await connect({ url: server.streamUrl, ticket: answer.ticket });
    session.bye('cancelled');
    await session.decision;
    answer = await ask();
  }
  expect(answer.status).toBe(429);
}
