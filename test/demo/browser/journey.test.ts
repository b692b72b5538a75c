import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildDemo } from '../../../tools/build/demo.ts';
import { chromiumPath, launchBrowser } from '../../../tools/chromium.ts';
import { DESKTOP, PHONE, SHOTS } from '../../browser/support/appearances.ts';
import { JOURNEY_MS, passed } from '../../browser/support/face-check.ts';
import { findingsOn } from '../../browser/support/findings.ts';
import { SteppedCamera } from '../../browser/support/stepped-camera.ts';
import { beginSignIn, triesInVain, troubleOf } from './attempts.ts';
import { againstPortrait, brightnessAtNose, hearLooks, openOperator } from './live-views.ts';
import { Place } from './place.ts';
import {
  createPerson,
  type Portrait,
  type Presenter,
  preparePortrait,
  SAMPLE_PORTRAITS,
  stillPhoto,
} from '../../../simulator/index.ts';
import { type RealServer, startRealServer } from '../../../tools/throwaway-server.ts';

/*
 * The demo's pages and the real service on one simulated time, so that every machine sees the same pictures. People are
 * heads rendered in three dimensions.
 */

const shoot = async (what: string, page: Page) => {
  if (SHOTS !== undefined) await page.screenshot({ path: join(SHOTS, `journey-${what}.png`) });
};

describe.skipIf(chromiumPath === null)("a user's way through the demo (skipped without Chromium)", () => {
  let browser: Browser;
  let assets: string;
  let server: RealServer;
  const camera = new SteppedCamera();

  beforeAll(async () => {
    assets = await mkdtemp(join(tmpdir(), 'veriframe-demo-'));
    await buildDemo(assets);
    server = await startRealServer({
      transport: 'ws',
      clock: camera.clock,
      seed: 5,
      watch: camera.watch,
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

  /** The operator sees how the sign-in went: its traces, the record of the decision, and who is enrolled. */
  const operatorLooks = async (page: Page) => {
    const trouble = troubleOf(page);
    const findings: (readonly string[])[] = [];
    const accepted = page.locator('.session[data-state=accept]').first();
    expect(await accepted.textContent()).toContain('All that was asked for was shown');
    await accepted.getByRole('button').click();
    await page.getByRole('heading', { name: /^Session \w{8}$/ }).waitFor();
    expect(await page.locator('.detail .cue:not(.unmeasured)', { hasText: 'Match' }).count()).toBe(1);
    await shoot('6-operator', page);
    findings.push(await findingsOn(page));
    await page.keyboard.press('Escape');
    await page.getByRole('tab', { name: 'Decisions' }).click();
    await page.getByRole('cell', { name: 'Accepted' }).first().waitFor();
    await page.getByRole('tab', { name: 'Subjects' }).click();
    await page.getByText('Subjects (1)').waitFor();
    await page.locator('#panel-subjects tbody').getByRole('button').click();
    const subject = page.locator('.subject');
    await subject.getByLabel('Label (whole words)').fill('Grace Hopper');
    await subject.getByRole('button', { name: 'Save' }).first().click();
    await page.getByRole('cell', { name: 'Grace Hopper' }).waitFor();
    await page.getByRole('button', { name: 'Suspend' }).click();
    await page.getByRole('cell', { name: 'Suspended' }).waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('cell', { name: 'Good' }).waitFor();
    await page.getByRole('search').getByLabel('Label (whole words)').fill('nobody');
    await page.getByRole('button', { name: 'Find' }).click();
    await page.getByText('Nobody fits.').waitFor();
    findings.push(await findingsOn(page));
    await page.getByRole('button', { name: 'Light theme' }).click();
    await page.setViewportSize(PHONE);
    await page.getByRole('tab', { name: 'Live' }).click();
    await shoot('7-operator-phone', page);
    findings.push(await findingsOn(page));
    expect(findings.flat()).toEqual([]);
    expect(trouble).toEqual([]);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Secret').waitFor();
    await page.context().close();
  };

  /** Lets time pass until a session shows its second challenge. One that ends before is begun again, once. */
  const twoChallenges = async (page: Page, place: Place) => {
    const again = page.getByRole('button', { name: 'Look again' });
    await camera.until(async () => place.challenges >= 2 || (await again.isVisible()));
    if (place.challenges >= 2) return;
    await again.click();
    await camera.until(() => place.challenges >= 2);
  };

  /**
   * The drawn points lie on the face, in the picture in which they were measured. When another person takes the place
   * between two answers, the session ends as the service says.
   */
  const seesItself = async (page: Page, place: Place, portrait: Portrait, another: Presenter) => {
    const looks = hearLooks(page);
    await page.getByRole('button', { name: 'Start' }).click();
    await camera.until(page.locator('canvas[data-points="468"]'));
    await shoot('8-seen', page);
    await camera.until(page.locator('.cue:not(.unmeasured)', { hasText: 'Match' }));
    await twoChallenges(page, place);
    expect(looks.length).toBeGreaterThan(20);
    const fits = looks.map((one) => againstPortrait(one, portrait));
    // The face is about 170 pixels wide. It turns when asked to; at rest it has the position and size of the portrait.
    const moved = fits.map(({ movedPx }) => movedPx).toSorted((a, b) => a - b);
    expect(moved[Math.floor(moved.length / 2)]).toBeLessThan(45);
    expect(Math.min(...fits.map(({ misshapenPx }) => misshapenPx))).toBeLessThan(14);
    place.takes(another);
    await camera.until(page.getByRole('button', { name: 'Look again' }));
    expect(await page.locator('.curtain-title').textContent()).toBe('Rejected');
    const [why] = await page.locator('.reasons li').allTextContents();
    expect(why).toMatch(/^(Another face took|The face does not resemble|A movement was not)/);
    expect(await page.locator('.curtain-text').textContent()).toBe(why);
    const probability = (await page.locator('.probability').textContent()) ?? '';
    expect(await page.locator('.rule').isVisible()).toBe(Number(probability.replace(/^[<>] /, '')) >= 0.5);
    const last = looks.at(-1);
    if (last === undefined) throw new Error('nothing was seen');
    expect(await brightnessAtNose(page, last)).toBeGreaterThan(225);
    await shoot('9-seen-after', page);
    expect(await camera.during(findingsOn(page))).toEqual([]);
  };

  it(
    'a person registers and sets up the face; from then on only that face signs in',
    async () => {
      const context = await browser.newContext({ viewport: DESKTOP, colorScheme: 'light' });
      const page = await context.newPage();
      const trouble = troubleOf(page);
      const portrait = await preparePortrait(SAMPLE_PORTRAITS.first);
      const place = new Place(await createPerson({ portrait, seed: 1 }));
      await camera.stand(page, place);

      await page.goto(server.url);
      await page.getByRole('link', { name: 'Create an account' }).first().click();
      await page.getByLabel('Username').fill('mary');
      await page.getByLabel('Email').fill('mary@example.org');
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.getByRole('button', { name: 'Start' }).click();
      await camera.until(
        page.locator('.line:not(.leaving)', {
          hasText: /Turn|Blink|Look (up|down)|Smile|Open your mouth|Come closer/,
        }),
      );
      await shoot('1-challenge', page);
      await passed(camera, page, page.getByRole('heading', { name: 'You’re all set' }));
      await shoot('2-done', page);
      await page.getByRole('link', { name: 'Go to your account' }).click();
      await page.getByText('Face sign-in is on').waitFor();
      await page.getByRole('button', { name: 'Sign out' }).click();

      const inVain = (what: string, presenter: Presenter) =>
        triesInVain(browser, {
          camera,
          url: server.url,
          username: 'mary',
          presenter,
          look: (at) => shoot(what, at),
        });
      const stranger = await preparePortrait(SAMPLE_PORTRAITS.third);
      await inVain('0-somebody-else', await createPerson({ portrait: stranger, seed: 2 }));
      await inVain('0-still-photo', stillPhoto(portrait, 3));
      const operator = await openOperator(browser, server);

      await beginSignIn(page, server.url, 'mary');
      await camera.until(page.locator('face-auth[screen=streaming]'));
      await context.setOffline(true);
      await camera.until(page.getByRole('heading', { name: 'You are offline' }));
      await context.setOffline(false);
      await page.getByRole('button', { name: 'Try again' }).click();
      const comes = operator.locator('.session[data-state=positioning], .session[data-state=challenging]');
      await camera.until(comes.first());
      await passed(camera, page, page.getByRole('heading', { name: /^Good \w+, mary$/ }));
      const history = page.getByRole('listitem').filter({ hasText: 'Face · Chrome' });
      expect((await history.allTextContents()).map((text) => /Signed in|Refused/.exec(text)?.[0])).toEqual(
        expect.arrayContaining(['Signed in', 'Refused']),
      );
      expect(await history.first().textContent()).toContain('Signed in');

      await camera.until(operator.locator('.session[data-state=accept]'));
      await operatorLooks(operator);
      await page.getByRole('link', { name: 'What the server sees' }).click();
      await seesItself(page, place, portrait, await createPerson({ portrait: stranger, seed: 4 }));
      await page.getByRole('link', { name: 'Your account' }).click();
      await page.getByRole('heading', { name: /^Good \w+, mary$/ }).waitFor();
      await shoot('3-account', page);
      await page.setViewportSize(PHONE);
      await page.emulateMedia({ colorScheme: 'dark' });
      await shoot('4-account-phone', page);
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
