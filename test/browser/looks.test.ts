import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildClient } from '../../client/build.ts';
import { chromiumPath, launchBrowser } from './support/chromium.ts';
import { findingsOn } from './support/findings.ts';
import { type Screen, SCREENS } from './support/screens.ts';
import { openSite, type Site } from './support/site.ts';

/** A folder for pictures of every screen, to be looked at. Without it none is taken. */
const SHOTS = process.env['VERIFRAME_SHOTS'];

const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1440, height: 900 };
const ALL_LOOKS = [
  { name: 'phone-light', viewport: PHONE, colorScheme: 'light' },
  { name: 'desktop-dark', viewport: DESKTOP, colorScheme: 'dark' },
  { name: 'phone-dark', viewport: PHONE, colorScheme: 'dark' },
  { name: 'desktop-light', viewport: DESKTOP, colorScheme: 'light' },
] as const;
const LOOKS = SHOTS === undefined ? ALL_LOOKS.slice(0, 2) : ALL_LOOKS;

describe.skipIf(chromiumPath === null)('looks (skipped where no Chromium is found)', () => {
  let browser: Browser;
  let built: string;

  beforeAll(async () => {
    built = await mkdtemp(join(tmpdir(), 'veriframe-client-'));
    await buildClient(built);
    browser = await launchBrowser(chromiumPath ?? '');
    if (SHOTS !== undefined) await mkdir(SHOTS, { recursive: true });
  });
  afterAll(async () => browser.close());

  it.concurrent.each(LOOKS)('$name: axe finds nothing on any screen', async ({
    name,
    viewport,
    colorScheme,
  }) => {
    const site = await openSite(built);
    const context = await browser.newContext({ viewport, colorScheme });
    const page = await context.newPage();
    const findings: Record<string, readonly string[]> = {};
    for (const screen of SCREENS) {
      await reach(screen, site, page, context);
      await settle(page);
      if (SHOTS !== undefined) await page.screenshot({ path: join(SHOTS, `${name}-${screen.name}.png`) });
      await context.setOffline(false);
      findings[screen.name] = await findingsOn(page);
    }
    await context.close();
    await site.close();
    expect(findings).toEqual(Object.fromEntries(SCREENS.map((screen) => [screen.name, []])));
  }, 60_000);
});

async function reach(screen: Screen, site: Site, page: Page, context: BrowserContext): Promise<void> {
  await context.grantPermissions(['camera']);
  await page.goto(site.url);
  await page.locator('face-auth[screen=start]').waitFor();
  if (screen.screen === 'start') return;
  await screen.before?.(page, context);
  site.play(screen.scenario ?? (() => {}));
  await page.getByRole('button', { name: 'Start' }).click();
  if (screen.during !== undefined) {
    await page.locator('face-auth[screen=streaming]').waitFor();
    await screen.during(page, context);
  }
  await page.locator(`face-auth[screen=${screen.screen}]`).waitFor();
  if (screen.line !== undefined)
    await page.locator('.line:not(.leaving)', { hasText: screen.line }).waitFor();
}

/** Lets what moves on its way to a screen arrive; endless motion goes on. */
async function settle(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const root = document.querySelector('face-auth')?.shadowRoot;
    const finite = (root?.getAnimations() ?? []).filter(
      ({ effect }) => effect?.getComputedTiming().iterations !== Infinity,
    );
    await Promise.allSettled(finite.map(({ finished }) => finished));
  });
}
