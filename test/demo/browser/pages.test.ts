import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildDemo } from '../../../tools/build/demo.ts';
import { connect } from '../../../client/kiosk/session-client.ts';
import { chromiumPath, launchBrowser } from '../../../tools/chromium.ts';
import { DESKTOP, LOOKS, PHONE, SHOTS } from '../../browser/support/appearances.ts';
import { JOURNEY_MS, passed, SESSION_END_MS } from '../../browser/support/face-check.ts';
import { findingsOn } from '../../browser/support/findings.ts';
import { beginSignIn, showStatuses, triesInVain, troubleOf } from './attempts.ts';
import { againstPortrait, brightnessAtNose, hearLooks, openOperator } from './live-views.ts';
import { presentToPage } from '../../browser/support/puppet-camera.ts';
import {
  createFlatPuppet,
  type Portrait,
  type Presenter,
  preparePortrait,
  SAMPLE_PORTRAITS,
  stillPhoto,
} from '../../../simulator/index.ts';
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

  /** The operator sees how the sign-in went: its traces, the record of the decision, and who is enrolled. */
  const operatorLooks = async (page: Page, look: (what: string, at: Page) => Promise<void>) => {
    const trouble = troubleOf(page);
    const findings: (readonly string[])[] = [];
    const accepted = page.locator('.session[data-state=accept]').first();
    expect(await accepted.textContent()).toContain('All that was asked for was shown');
    await accepted.getByRole('button').click();
    await page.getByRole('heading', { name: /^Session \w{8}$/ }).waitFor();
    expect(await page.locator('.detail .cue:not(.unmeasured)', { hasText: 'Match' }).count()).toBe(1);
    await look('6-operator', page);
    findings.push(await findingsOn(page));
    await page.keyboard.press('Escape');
    await page.getByRole('tab', { name: 'Decisions' }).click();
    await page.getByRole('cell', { name: 'Accepted' }).first().waitFor();
    await page.getByRole('tab', { name: 'Subjects' }).click();
    await page.getByText('Subjects by keyed hash: 1').waitFor();
    findings.push(await findingsOn(page));
    await page.getByRole('button', { name: 'Light theme' }).click();
    await page.setViewportSize(PHONE);
    await page.getByRole('tab', { name: 'Live' }).click();
    await look('7-operator-phone', page);
    findings.push(await findingsOn(page));
    expect(findings.flat()).toEqual([]);
    expect(trouble).toEqual([]);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Secret').waitFor();
    await page.context().close();
  };

  /**
   * The drawn points lie on the face, in the picture in which they were measured. When another person takes the place,
   * the session ends as the service says.
   */
  const seesItself = async (
    page: Page,
    portrait: Portrait,
    takeOver: () => void,
    look: (what: string, at: Page) => Promise<void>,
  ) => {
    const looks = hearLooks(page);
    await page.getByRole('button', { name: 'Start' }).click();
    await page.locator('canvas[data-points="468"]').waitFor();
    await look('8-seen', page);
    await page.locator('.cue:not(.unmeasured)', { hasText: 'Match' }).waitFor();
    await expect.poll(() => looks.length, { timeout: SESSION_END_MS }).toBeGreaterThan(20);
    const fits = looks.map((one) => againstPortrait(one, portrait));
    // The face is about 170 pixels wide. It turns when asked to; at rest it has the position and size of the portrait.
    const moved = fits.map(({ movedPx }) => movedPx).toSorted((a, b) => a - b);
    expect(moved[Math.floor(moved.length / 2)]).toBeLessThan(45);
    expect(Math.min(...fits.map(({ misshapenPx }) => misshapenPx))).toBeLessThan(14);
    takeOver();
    await page.getByRole('button', { name: 'Look again' }).waitFor({ timeout: SESSION_END_MS });
    expect(await page.locator('.curtain-title').textContent()).toBe('Rejected');
    const [why] = await page.locator('.reasons li').allTextContents();
    expect(why).toMatch(/^(Another face took|The face does not resemble|A movement was not)/);
    expect(await page.locator('.curtain-text').textContent()).toBe(why);
    const probability = (await page.locator('.probability').textContent()) ?? '';
    expect(await page.locator('.rule').isVisible()).toBe(Number(probability.replace(/^[<>] /, '')) >= 0.5);
    const last = looks.at(-1);
    if (last === undefined) throw new Error('nothing was seen');
    expect(await brightnessAtNose(page, last)).toBeGreaterThan(225);
    await look('9-seen-after', page);
    expect(await findingsOn(page)).toEqual([]);
  };

  it(
    'a person registers and sets up the face; from then on only that face signs in',
    async () => {
      const context = await browser.newContext({ viewport: DESKTOP, colorScheme: 'light' });
      const page = await context.newPage();
      const trouble = troubleOf(page);
      const portrait = await preparePortrait(SAMPLE_PORTRAITS.first);
      let present: Presenter = await createFlatPuppet({ portrait, seed: 1 });
      await presentToPage(page, {
        frameAt: (atMs) => present.frameAt(atMs),
        onStatus: (status, atMs) => present.onStatus?.(status, atMs),
      });
      await showStatuses(page);
      const lookAt = async (what: string, at = page) => {
        if (SHOTS !== undefined) await at.screenshot({ path: join(SHOTS, `journey-${what}.png`) });
      };

      await page.goto(server.url);
      await page.getByRole('link', { name: 'Create an account' }).first().click();
      await page.getByLabel('Username').fill('mary');
      await page.getByLabel('Email').fill('mary@example.org');
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.getByRole('button', { name: 'Start' }).click();
      await page
        .locator('.line:not(.leaving)', {
          hasText: /Turn|Blink|Look (up|down)|Smile|Open your mouth|Come closer/,
        })
        .waitFor();
      await lookAt('1-challenge');
      await passed(page, page.getByRole('heading', { name: 'You’re all set' }));
      await lookAt('2-done');
      await page.getByRole('link', { name: 'Go to your account' }).click();
      await page.getByText('Face sign-in is on').waitFor();
      await page.getByRole('button', { name: 'Sign out' }).click();

      const inVain = (what: string, presenter: Presenter) =>
        triesInVain(browser, {
          url: server.url,
          username: 'mary',
          presenter,
          look: (at) => lookAt(what, at),
        });
      const stranger = await preparePortrait(SAMPLE_PORTRAITS.third);
      await Promise.all([
        inVain('0-somebody-else', await createFlatPuppet({ portrait: stranger, seed: 2 })),
        inVain('0-still-photo', stillPhoto(portrait, 3)),
      ]);
      const operator = await openOperator(browser, server);
      const comes = operator.locator('.session[data-state=positioning], .session[data-state=challenging]');
      const hasCome = comes.first().waitFor();

      await beginSignIn(page, server.url, 'mary');
      await page.locator('face-auth[screen=streaming]').waitFor();
      await context.setOffline(true);
      await page.getByRole('heading', { name: 'You are offline' }).waitFor();
      await context.setOffline(false);
      await passed(page, page.getByRole('heading', { name: /^Good \w+, mary$/ }));
      const history = page.getByRole('listitem').filter({ hasText: 'Face · Chrome' });
      expect((await history.allTextContents()).map((text) => /Signed in|Refused/.exec(text)?.[0])).toEqual(
        expect.arrayContaining(['Signed in', 'Refused']),
      );
      expect(await history.first().textContent()).toContain('Signed in');

      await hasCome;
      await operator.locator('.session[data-state=accept]').waitFor();
      await operatorLooks(operator, lookAt);
      await page.getByRole('link', { name: 'What the server sees' }).click();
      const another = await createFlatPuppet({ portrait: stranger, seed: 4 });
      await seesItself(page, portrait, () => (present = another), lookAt);
      await page.getByRole('link', { name: 'Your account' }).click();
      await page.getByRole('heading', { name: /^Good \w+, mary$/ }).waitFor();
      await lookAt('3-account');
      await page.setViewportSize(PHONE);
      await page.emulateMedia({ colorScheme: 'dark' });
      await lookAt('4-account-phone');
      if (SHOTS !== undefined)
        await page.screenshot({ path: join(SHOTS, 'journey-5-account-whole.png'), fullPage: true });

      await page.getByRole('button', { name: 'Delete everything' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Delete everything' }).click();
      await page.waitForURL(`${server.url}/`);
      await page.goto(`${server.url}/account`);
      expect(new URL(page.url()).pathname).toBe('/sign-in');
      expect(trouble).toEqual([]);
      await context.close();
    },
    JOURNEY_MS,
  );
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
