import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../../client/kiosk/session-client.ts';
import { chromiumPath, launchBrowser } from '../../../tools/chromium.ts';
import { SHOTS } from '../../browser/support/appearances.ts';
import { buildDemo } from '../../../tools/build/demo.ts';
import { type RealServer, startRealServer } from '../../../tools/throwaway-server.ts';

/** A window of many laptops, and the narrowest one that shows the list of sessions as a table. */
const WIDTHS = [1200, 1180];
/** The longest words, and the other direction. */
const LOCALES = ['de', 'ar'];

describe.skipIf(chromiumPath === null)("the operator's page in a window of 1200 pixels", () => {
  let folder: string;
  let server: RealServer;
  let browser: Browser;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'veriframe-width-'));
    await buildDemo(folder);
    server = await startRealServer({
      transport: 'auto',
      env: { VERIFRAME_DEMO: 'on', VERIFRAME_DEMO_PAGES: folder },
    });
    browser = await launchBrowser(chromiumPath ?? '');
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function newSession(policy: string) {
    const body = { mode: 'enrol', subject: 'ada', policy };
    const { ticket } = (await server.api<{ ticket: string }>('POST', '/v1/sessions', body)).body;
    const session = await connect({ url: server.streamUrl, ticket });
    session.decision.catch(() => {});
    return session;
  }

  it('shows its tables without cutting anything off, also with long words', async () => {
    // One that ended without evidence, with the longest reasons, and one that runs.
    (await newSession('operator-vouched')).bye('source-ended');
    (await newSession('standard-flash')).bye('source-ended');
    const running = await newSession('operator-vouched');
    const secret = (await readFile(join(server.dataDir, 'demo-operator-secret'), 'utf8')).trim();
    for (const locale of LOCALES)
      for (const width of WIDTHS) {
        const context = await browser.newContext({ viewport: { width, height: 800 }, locale });
        const page = await context.newPage();
        await page.goto(`${server.url}/operator`);
        await page.locator('input[name=secret]').fill(secret);
        await page.locator('form button').click();
        const overflowing = () =>
          page.evaluate(() =>
            [
              document.documentElement,
              ...document.querySelectorAll('.scroll, .session, .columns, .panel, .figure'),
            ]
              .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
              .map(
                ({ className, scrollWidth, clientWidth }) => `${className} ${scrollWidth} > ${clientWidth}`,
              ),
          );
        await page.locator('.session').first().waitFor();
        expect([locale, width, 'live', await overflowing()]).toEqual([locale, width, 'live', []]);
        await page.locator('.opener').first().click();
        await page.locator('.detail').waitFor();
        expect([locale, width, 'detail', await overflowing()]).toEqual([locale, width, 'detail', []]);
        await page.keyboard.press('Escape');
        for (const tab of [1, 2]) {
          await page.locator('[role=tab]').nth(tab).click();
          await page.locator('.panel:not([hidden])').first().waitFor();
          if (tab === 1) await page.locator('.panel td').first().waitFor();
          expect([locale, width, tab, await overflowing()]).toEqual([locale, width, tab, []]);
          if (SHOTS && tab === 1)
            await page.screenshot({ path: join(SHOTS, `operator-${locale}-${width}.png`) });
        }
        await context.close();
      }
    running.bye('cancelled');
  });
});
