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
import { presentToPage } from './support/puppet-camera.ts';
import { openSite, type Site } from './support/site.ts';

declare global {
  var realTicket: () => Promise<string>;
}

describe.skipIf(chromiumPath === null)('<face-auth> and the real server (skipped without Chromium)', () => {
  let browser: Browser;
  let site: Site;
  let server: RealServer;

  beforeAll(async () => {
    const built = await mkdtemp(join(tmpdir(), 'veriframe-client-'));
    await buildClient(built);
    browser = await launchBrowser(chromiumPath ?? '');
    site = await openSite(built);
    const origin = new URL(site.url).origin;
    server = await startRealServer({ transport: 'ws', env: { VERIFRAME_ALLOWED_ORIGINS: origin } });
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
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
});
