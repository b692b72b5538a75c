/**
 * Takes the README's first image: the demo's registration with the real server and a drawn head. `npm run screenshot`
 * writes client/demo/screenshot.webp.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { buildDemo } from './build/demo.ts';
import { en } from '../client/browser/element/words/en.ts';
import { chromiumPath, launchBrowser } from './chromium.ts';
import { startRealServer } from './throwaway-server.ts';
import { drawnHead } from '../simulator/drawing/drawn-head.ts';

const TARGET = fileURLToPath(new URL('../client/demo/screenshot.webp', import.meta.url));
const VIEWPORT = { width: 1200, height: 840 };
const CHALLENGE = new RegExp(Object.values(en.challenge).join('|'));
/** Challenges that the image may show. They are random, and one of these comes within a few sessions. */
const WANTED = [en.challenge['turn-left'], en.challenge['turn-right']];
const MOST_SESSIONS = 30;
/**
 * Limit in ms of the wait for a challenge. A drawn head does not always hold still enough; then another session is
 * tried.
 */
const MOST_WAIT_MS = 12_000;

/** A camera that shows the image with the slight movement of a head that is held still. The source runs in the page. */
const camera = (picture: Buffer) => `
navigator.mediaDevices.getUserMedia = async () => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 480 });
  const context = canvas.getContext('2d');
  const bytes = Uint8Array.from(atob('${picture.toString('base64')}'), (letter) => letter.charCodeAt(0));
  const head = await createImageBitmap(new Blob([bytes]));
  const film = (atMs) => {
    context.drawImage(head, 2 * Math.sin(atMs / 900) - 8, 1.5 * Math.cos(atMs / 700) - 6, 656, 492);
    requestAnimationFrame(film);
  };
  film(0);
  return canvas.captureStream();
};`;

/**
 * One registration on its own server up to the first challenge. Returns the image where the challenge is a turn, else
 * null.
 */
async function take(browser: Browser, assets: string, head: Buffer): Promise<Buffer | null> {
  const server = await startRealServer({
    transport: 'ws',
    env: { VERIFRAME_DEMO: 'on', VERIFRAME_DEMO_PAGES: assets },
  });
  const context = await browser.newContext({
    viewport: VIEWPORT,
    colorScheme: 'dark',
    deviceScaleFactor: 1.5,
  });
  try {
    const page = await context.newPage();
    await page.addInitScript({ content: camera(head) });
    await page.goto(`${server.url}/register`);
    await page.getByLabel('Username').fill('ada');
    await page.getByLabel('Email').fill('ada@example.org');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('button', { name: en.start.button, exact: true }).click();
    const line = page.locator('.line:not(.leaving)', { hasText: CHALLENGE });
    const isAsked = await line.waitFor({ timeout: MOST_WAIT_MS }).then(
      () => true,
      () => false,
    );
    if (!isAsked || !WANTED.includes((await line.textContent()) ?? '')) return null;
    // The bead's animation has ended.
    await page.waitForTimeout(900);
    return await page.screenshot({ clip: { x: 0, y: 0, ...VIEWPORT, height: 720 } });
  } finally {
    await context.close();
    await server.close();
  }
}

if (chromiumPath === null) throw new Error('No Chromium was found.');
const folder = await mkdtemp(join(tmpdir(), 'veriframe-screenshot-'));
await buildDemo(folder);
const chromium = await launchBrowser(chromiumPath);
try {
  const drawn = await drawnHead();
  let shot: Buffer | null = null;
  for (let session = 0; shot === null && session < MOST_SESSIONS; session += 1)
    shot = await take(chromium, folder, drawn);
  if (shot === null) throw new Error('No turn was asked for.');
  const { size } = await sharp(shot).webp({ quality: 88 }).toFile(TARGET);
  process.stdout.write(`${TARGET}: ${Math.round(size / 1000)} kB\n`);
} finally {
  await chromium.close();
  await rm(folder, { recursive: true, force: true });
}
