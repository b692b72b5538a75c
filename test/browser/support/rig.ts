import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { buildClient } from '../../../tools/build/browser.ts';
import { chromiumPath, launchBrowser } from '../../../tools/chromium.ts';

/** What a suite in Chromium uses while its tests run. */
export interface Rig {
  browser: Browser;
  /** Folder of the built client. */
  built: string;
}

/** Builds the client and starts Chromium before the tests of the suite, and removes both afterwards. */
export function useRig(): Rig {
  const rig = {} as Rig;
  beforeAll(async () => {
    rig.built = await mkdtemp(join(tmpdir(), 'veriframe-client-'));
    await buildClient(rig.built);
    rig.browser = await launchBrowser(chromiumPath ?? '');
  });
  afterAll(async () => {
    await rig.browser.close();
    await rm(rig.built, { recursive: true, force: true });
  });
  return rig;
}
