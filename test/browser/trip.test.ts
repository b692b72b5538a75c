import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildClient } from '../../client/build.ts';
import type { CreatedSession } from '../../client/kiosk/api.ts';
import { createPuppet, preparePortrait, SAMPLE_PORTRAITS } from '../support/puppet/index.ts';
import { type RealServer, startRealServer } from '../support/real-server.ts';
import { chromiumPath, launchBrowser } from './support/chromium.ts';
import { type GuideSite, openGuideSite, readGuide } from './support/guide-site.ts';
import { presentToPage } from './support/puppet-camera.ts';
import { openSite, type Site } from './support/site.ts';

declare global {
  var realTicket: () => Promise<string>;
}

describe.skipIf(chromiumPath === null)('<face-auth> and the real server (skipped without Chromium)', () => {
  let browser: Browser;
  let site: Site;
  let server: RealServer;
  let guideSite: GuideSite;

  beforeAll(async () => {
    const built = await mkdtemp(join(tmpdir(), 'veriframe-client-'));
    await buildClient(built);
    browser = await launchBrowser(chromiumPath ?? '');
    site = await openSite(built);
    guideSite = await openGuideSite(built, () => server);
    const origins = [site, guideSite].map(({ url }) => new URL(url).origin).join(',');
    server = await startRealServer({ transport: 'ws', env: { VERIFRAME_ALLOWED_ORIGINS: origins } });
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
    await guideSite[Symbol.asyncDispose]();
    await server.close();
  });

  it('enrol a person who looks into the camera and answers what the page shows', async () => {
    // The page's own policy names one origin; this test has two.
    const context = await browser.newContext({ bypassCSP: true });
    const page = await context.newPage();
    const portrait = await preparePortrait(SAMPLE_PORTRAITS.first);
    await presentToPage(page, await createPuppet({ portrait, seed: 1 }));
    await page.exposeFunction('realTicket', async () => {
      const request = { mode: 'enrol', subject: 'ada' };
      return (await server.api<CreatedSession>('POST', '/v1/sessions', request)).body.ticket;
    });
    await page.goto(site.url);
    await page.evaluate((url) => {
      const element = document.querySelector('face-auth');
      if (element !== null) Object.assign(element, { url, mode: 'enrol', ticket: () => realTicket() });
    }, server.streamUrl);
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByRole('heading', { name: 'Your face is set up' }).waitFor();
    const told = await page.evaluate(() => globalThis.told);
    const ends = told.filter(({ type }) => ['passed', 'failed', 'error', 'cancel'].includes(type));
    expect(ends.map(({ type }) => type)).toEqual(['passed']);
    expect(told.some(({ type }) => type === 'challenge')).toBe(true);
    await context.close();
  });

  it('sign that person in on a site that has only what client/GUIDE.md says', async () => {
    const page = await (await browser.newContext()).newPage();
    const portrait = await preparePortrait(SAMPLE_PORTRAITS.first);
    await presentToPage(page, await createPuppet({ portrait, seed: 3 }));
    await page.goto(guideSite.url);
    const [start, retry] = [
      page.getByRole('button', { name: 'Start' }),
      page.getByRole('button', { name: 'Try again' }),
    ];
    await start.click();
    // A slow machine may lose a movement; a person tries again.
    for (let tries = 0; tries < 4 && guideSite.session.user === undefined; tries += 1) {
      await page.waitForURL('**/signed-in').catch(async () => retry.click());
    }
    expect(guideSite.session.user).toBe('ada');
    await page.context().close();
  }, 180_000);

  it('client/GUIDE.md stays under twenty lines', async () => {
    const { page, backend } = await readGuide();
    const lines = `${page}\n${backend}`.split('\n').filter((line) => line.trim() !== '');
    expect(lines.length).toBeLessThan(20);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(120);
  });
});
