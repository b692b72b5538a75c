import { existsSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import { type Browser, chromium } from 'playwright-core';
import sharp from 'sharp';

const PLACES = [
  process.env['CHROMIUM_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Time limit in ms of every wait in a page, even on a slow machine. */
const LAST_RESORT_MS = 180_000;

/** Path of the browser to test with; null where there is none. */
export const chromiumPath: string | null =
  PLACES.find((place) => place !== undefined && existsSync(place)) ?? null;

/** A JPEG of a person of a sample photo who looks at a webcam, shifted sideways by `sway` pixels of the photo. */
export async function samplePerson(sway = 0): Promise<Buffer> {
  const samples = dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json'));
  return await sharp(join(samples, 'demo/sample3.jpg'))
    .extract({ left: 885 + sway, top: 130, width: 560, height: 420 })
    .resize(640, 480)
    .jpeg({ quality: 85 })
    .toBuffer();
}

/**
 * A file that Chromium plays as its camera in a loop: a person of a sample photo who sways slightly. MJPEG is a
 * sequence of JPEG files.
 */
async function cameraFile(): Promise<string> {
  const frames = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      samplePerson(Math.round(6 * Math.sin((index / 12) * 2 * Math.PI))),
    ),
  );
  const path = join(await mkdtemp(join(tmpdir(), 'veriframe-camera-')), 'camera.mjpeg');
  await writeFile(path, Buffer.concat(frames));
  return path;
}

/** Starts Chromium with a simulated camera. Pages with the permission see a person who sways. */
export async function launchBrowser(executablePath: string): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath,
    timeout: LAST_RESORT_MS,
    args: [
      '--no-sandbox',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-video-capture=${await cameraFile()}`,
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
  browser.on('context', (context) => context.setDefaultTimeout(LAST_RESORT_MS));
  return browser;
}
