import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath } from '../../tools/chromium.ts';
import { useRig } from './support/rig.ts';
import { LOOKS, SHOTS } from './support/appearances.ts';
import { findingsOn, motionEnds } from './support/findings.ts';
import { type Screen, SCREENS } from './support/screens.ts';
import { openSite, type Site } from './support/site.ts';

describe.skipIf(chromiumPath === null)('looks (skipped where no Chromium is found)', () => {
  const rig = useRig();
  beforeAll(async () => {
    if (SHOTS !== undefined) await mkdir(SHOTS, { recursive: true });
  });

  it.concurrent.each(LOOKS)('$name: axe finds nothing on any screen', async ({
    name,
    viewport,
    colorScheme,
  }) => {
    const site = await openSite(rig.built);
    const context = await rig.browser.newContext({ viewport, colorScheme });
    const page = await context.newPage();
    const findings: Record<string, readonly string[]> = {};
    for (const screen of SCREENS) {
      await reach(screen, site, page, context);
      await motionEnds(page);
      if (SHOTS !== undefined) await page.screenshot({ path: join(SHOTS, `${name}-${screen.name}.png`) });
      await context.setOffline(false);
      findings[screen.name] = await findingsOn(page);
    }
    await context.close();
    await site.close();
    expect(findings).toEqual(Object.fromEntries(SCREENS.map((screen) => [screen.name, []])));
  });
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
