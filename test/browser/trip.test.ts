import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildClient } from '../../tools/build/browser.ts';
import type { CreatedSession } from '../../client/kiosk/api.ts';
import { createPerson, type Portrait, preparePortrait, SAMPLE_PORTRAITS } from '../../simulator/index.ts';
import { type RealServer, startRealServer } from '../../tools/throwaway-server.ts';
import { chromiumPath, launchBrowser } from '../../tools/chromium.ts';
import { JOURNEY_MS, passed } from './support/face-check.ts';
import { type GuideSite, openGuideSite, readGuide } from './support/guide-site.ts';
import { openSite, type Site } from './support/site.ts';
import { SteppedCamera } from './support/stepped-camera.ts';

declare global {
  var realTicket: () => Promise<string>;
}

describe.skipIf(chromiumPath === null)('<face-auth> and the real server (skipped without Chromium)', () => {
  let browser: Browser;
  let site: Site;
  let server: RealServer;
  let guideSite: GuideSite;
  let portrait: Portrait;
  const camera = new SteppedCamera();

  beforeAll(async () => {
    const built = await mkdtemp(join(tmpdir(), 'veriframe-client-'));
    await buildClient(built);
    browser = await launchBrowser(chromiumPath ?? '');
    site = await openSite(built);
    guideSite = await openGuideSite(built, () => server);
    const origins = [site, guideSite].map(({ url }) => new URL(url).origin).join(',');
    server = await startRealServer({
      transport: 'ws',
      clock: camera.clock,
      seed: 5,
      watch: camera.watch,
      env: { VERIFRAME_ALLOWED_ORIGINS: origins },
    });
    portrait = await preparePortrait(SAMPLE_PORTRAITS.first);
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
    await guideSite[Symbol.asyncDispose]();
    await server.close();
  });

  it(
    'enrol a person who looks into the camera and answers what the page shows',
    async () => {
      // The page's content security policy names one origin; this test has two.
      const context = await browser.newContext({ bypassCSP: true });
      const page = await context.newPage();
      const person = await createPerson({ portrait, seed: 1 });
      await camera.stand(page, person);
      await page.exposeFunction('realTicket', async () => {
        // One challenge is enough here: the sign-in below and the demo's own test answer a whole series.
        const request = { mode: 'enrol', subject: 'ada', policy: 'blink-only' };
        return (await server.api<CreatedSession>('POST', '/v1/sessions', request)).body.ticket;
      });
      await page.goto(site.url);
      await page.evaluate((url) => {
        const element = document.querySelector('face-auth');
        if (element !== null) Object.assign(element, { url, mode: 'enrol', ticket: () => realTicket() });
      }, server.streamUrl);
      await page.getByRole('button', { name: 'Start' }).click();
      await passed(camera, page, page.getByRole('heading', { name: 'Your face is set up' }));
      const told = await page.evaluate(() => globalThis.told);
      expect(told.at(-1)?.type).toBe('passed');
      expect(told.some(({ type }) => ['error', 'cancel'].includes(type))).toBe(false);
      expect(told.some(({ type }) => type === 'challenge')).toBe(true);
      await context.close();
    },
    JOURNEY_MS,
  );

  it(
    'sign that person in on a site that has only what client/browser/README.md says',
    async () => {
      const page = await (await browser.newContext()).newPage();
      const person = await createPerson({ portrait, seed: 3 });
      await camera.stand(page, person);
      await page.goto(guideSite.url);
      await page.getByRole('button', { name: 'Start' }).click();
      await passed(camera, page, page.getByText('Welcome'));
      expect(new URL(page.url()).pathname).toBe('/signed-in');
      expect(guideSite.session.user).toBe('ada');
      await page.context().close();
    },
    JOURNEY_MS,
  );

  it('client/browser/README.md stays under twenty lines', async () => {
    const { page, backend } = await readGuide();
    const lines = `${page}\n${backend}`.split('\n').filter((line) => line.trim() !== '');
    expect(lines.length).toBeLessThan(20);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(120);
  });
});
