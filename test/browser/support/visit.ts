import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { openSite, type Scenario, type Site } from './site.ts';

export interface Told {
  readonly type: string;
  readonly detail: Readonly<Record<string, unknown>> | null;
}

declare global {
  /** Events of the element, and violations of the content security policy. The test page records both. */
  var told: Told[];
  var refused: string[];
  var tracks: MediaStreamTrack[];
}

/** Longer than any page takes to open. */
const PAUSED_AT_MS = 3_600_000;
const TICK_MS = 50;

/**
 * A browser window on its own site. Both are closed at the end of the test's scope, and a violation of the protocol by
 * the client fails the test.
 */
export class Visit implements AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly site: Site;

  private constructor(site: Site, context: BrowserContext, page: Page) {
    this.site = site;
    this.context = context;
    this.page = page;
  }

  static async open(
    browser: Browser,
    built: string,
    options: BrowserContextOptions & {
      readonly query?: string;
      readonly camera?: 'granted' | 'refused';
      /** The page's clock stands still unless the test advances it. */
      readonly ownClock?: boolean;
    } = {},
  ): Promise<Visit> {
    const { query = '', camera = 'granted', ownClock = false, ...context } = options;
    const site = await openSite(built);
    const window = await browser.newContext(context);
    if (camera === 'granted') await window.grantPermissions(['camera']);
    const page = await window.newPage();
    await page.addInitScript(() => {
      globalThis.tracks = [];
      const { mediaDevices } = navigator;
      const open = mediaDevices.getUserMedia.bind(mediaDevices);
      mediaDevices.getUserMedia = async (constraints) => {
        const stream = await open(constraints);
        globalThis.tracks.push(...stream.getTracks());
        return stream;
      };
    });
    if (ownClock) await page.clock.install({ time: 0 });
    await page.goto(`${site.url}${query}`);
    await page.locator('face-auth[screen=start]').waitFor();
    if (ownClock) await page.clock.pauseAt(PAUSED_AT_MS);
    return new Visit(site, window, page);
  }

  /** Makes the server run `scenario` and presses the start button. */
  async start(scenario: Scenario, button = 'Start'): Promise<void> {
    this.site.play(scenario);
    await this.page.getByRole('button', { name: button }).click();
  }

  /** Waits until the element shows `screen`. */
  async reaches(screen: string): Promise<void> {
    await this.page.locator(`face-auth[screen=${screen}]`).waitFor();
  }

  /** Waits until the line under the stage reads `text`. */
  async reads(text: string): Promise<void> {
    await this.page.locator('.line:not(.leaving)', { hasText: text }).waitFor();
  }

  /** For a page with its own clock: measurements on it do not depend on the speed of this machine. */
  async letTimeRunUntil<T>(happened: Promise<T>): Promise<T> {
    const over = { is: false };
    const ended = happened.finally(() => (over.is = true));
    while (!over.is) await this.page.clock.runFor(TICK_MS);
    return await ended;
  }

  told(): Promise<readonly Told[]> {
    return this.page.evaluate(() => globalThis.told);
  }

  async lastTold(): Promise<Told | undefined> {
    return (await this.told()).at(-1);
  }

  /** Whether every opened camera is off again, and how many were opened. */
  cameras(): Promise<{ opened: number; live: number }> {
    return this.page.evaluate(() => ({
      opened: globalThis.tracks.length,
      live: globalThis.tracks.filter(({ readyState }) => readyState === 'live').length,
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
    const failures = this.site.failures();
    await this.site.close();
    if (failures.length > 0) throw new Error(failures.join('; '));
  }
}
