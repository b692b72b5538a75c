import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chromiumPath, launchBrowser } from '../../tools/chromium.ts';
import { buildClient } from '../../tools/build/browser.ts';
import { startRealServer } from '../../tools/throwaway-server.ts';
import { serveFolder } from '../support/serve-folder.ts';

const FILE = 'face-auth.js';

describe.skipIf(chromiumPath === null)(
  'a page with one script tag (skipped where no Chromium is found)',
  () => {
    it('shows the element from a server of another origin, whose hash it holds, and nothing of another hash', async () => {
      const scratch = await mkdtemp(join(tmpdir(), 'veriframe-script-tag-'));
      await buildClient(join(scratch, 'sdk'));
      const server = await startRealServer({
        transport: 'auto',
        dataDir: join(scratch, 'data'),
        env: { VERIFRAME_SDK_DIR: join(scratch, 'sdk') },
      });
      const base = `http://127.0.0.1:${server.port}`;
      const { files } = (await (await fetch(`${base}/sdk/integrity.json`)).json()) as {
        readonly files: Readonly<Record<string, string>>;
      };
      const page = (integrity = '') => `<!doctype html><html lang="en"><title>t</title>
<script type="module" src="${base}/sdk/${FILE}" integrity="${integrity}" crossorigin="anonymous"></script>
<face-auth url="${base}/v1/stream"></face-auth></html>`;
      await writeFile(join(scratch, 'index.html'), page(files[FILE]));
      await writeFile(join(scratch, 'wrong.html'), page(files['sdk.js']));
      const site = await serveFolder(scratch);
      const browser = await launchBrowser(chromiumPath ?? '');
      try {
        const shown = await browser.newPage();
        await shown.goto(site.url);
        await shown.locator('face-auth[screen=start]').waitFor();
        const refused = await browser.newPage();
        const failure = refused.waitForEvent('console', {
          predicate: (message) => message.text().includes('integrity'),
        });
        await refused.goto(`${site.url}wrong.html`);
        expect((await failure).text()).toContain(FILE);
        expect(await refused.evaluate(() => customElements.get('face-auth') === undefined)).toBe(true);
      } finally {
        await browser.close();
        await site.close();
        await server.close();
        await rm(scratch, { recursive: true, force: true });
      }
    });
  },
);
