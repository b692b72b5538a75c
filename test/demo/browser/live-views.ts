import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decode } from '@msgpack/msgpack';
import type { Browser, Page } from 'playwright-core';
import { LANDMARK_SCALE, type LiveMessage } from '../../../protocol/live.ts';
import { DESKTOP } from '../../browser/support/appearances.ts';
import type { Portrait } from '../../../simulator/index.ts';
import type { RealServer } from '../../../tools/throwaway-server.ts';

type Look = Extract<LiveMessage, { type: 'look' }>;

/** The operator's page after a sign-in with the secret of the data folder. A wrong secret was refused before. */
export async function openOperator(browser: Browser, server: RealServer): Promise<Page> {
  const context = await browser.newContext({ viewport: DESKTOP });
  const page = await context.newPage();
  await page.goto(`${server.url}/operator`);
  const signIn = async (secret: string) => {
    await page.getByLabel('Secret').fill(secret);
    await page.getByRole('button', { name: 'Sign in' }).click();
  };
  await signIn('not the secret');
  await page.getByRole('alert').filter({ hasText: 'not the secret' }).waitFor();
  await signIn((await readFile(join(server.dataDir, 'demo-operator-secret'), 'utf8')).trim());
  await page.getByRole('status').filter({ hasText: 'Live' }).waitFor();
  return page;
}

/** All messages that the live feeds of a page receive from now on. */
export function hearLooks(page: Page): readonly Look[] {
  const looks: Look[] = [];
  page.on('websocket', (socket) => {
    if (!socket.url().endsWith('/v1/live')) return;
    socket.on('framereceived', ({ payload }) => {
      if (typeof payload === 'string') return;
      const message = decode(payload) as LiveMessage;
      if (message.type === 'look') looks.push(message);
    });
  });
  return looks;
}

/**
 * Compares the points of a `look` message with the mesh of the portrait, in pixels of the picture: the shift and the
 * scale of the whole, which a swaying head changes, and the mean distance of the points after both are removed.
 */
export function againstPortrait(
  { landmarks }: Look,
  portrait: Portrait,
): { movedPx: number; scale: number; misshapenPx: number } {
  if (landmarks === null) return { movedPx: Infinity, scale: 0, misshapenPx: Infinity };
  const sent = new DataView(landmarks.buffer, landmarks.byteOffset, landmarks.byteLength);
  const { image, landmarks: expected } = portrait;
  const count = landmarks.byteLength / 4;
  const seen = centred(count, (point) => ({
    x: placeOf(sent, point * 4) * image.width,
    y: placeOf(sent, point * 4 + 2) * image.height,
  }));
  const known = centred(count, (point) => ({ x: expected[point * 3] ?? 0, y: expected[point * 3 + 1] ?? 0 }));
  const scale = seen.radius / known.radius;
  const offsets = seen.points.map(({ x, y }, point) =>
    Math.hypot(x / scale - (known.points[point]?.x ?? 0), y / scale - (known.points[point]?.y ?? 0)),
  );
  return {
    movedPx: Math.hypot(seen.centre.x - known.centre.x, seen.centre.y - known.centre.y),
    scale,
    misshapenPx: mean(offsets),
  };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function centred(count: number, at: (point: number) => { x: number; y: number }) {
  const all = Array.from({ length: count }, (_, point) => at(point));
  const centre = { x: mean(all.map(({ x }) => x)), y: mean(all.map(({ y }) => y)) };
  const points = all.map(({ x, y }) => ({ x: x - centre.x, y: y - centre.y }));
  return { centre, points, radius: mean(points.map(({ x, y }) => Math.hypot(x, y))) };
}

/** Mesh index of the tip of the nose, where the page draws a bright dot. */
const NOSE_TIP = 4;

/** The lowest value of red, green and blue on the canvas, at the tip of the nose. */
export async function brightnessAtNose(page: Page, { landmarks }: Look): Promise<number> {
  if (landmarks === null) return 0;
  const sent = new DataView(landmarks.buffer, landmarks.byteOffset, landmarks.byteLength);
  const nose = { x: placeOf(sent, NOSE_TIP * 4), y: placeOf(sent, NOSE_TIP * 4 + 2) };
  return await page.evaluate(({ x, y }) => {
    const canvas = document.querySelector('canvas.picture');
    if (!(canvas instanceof HTMLCanvasElement)) return 0;
    const pixel = canvas
      .getContext('2d')
      ?.getImageData(Math.round(x * canvas.width), Math.round(y * canvas.height), 1, 1);
    return Math.min(...(pixel?.data.subarray(0, 3) ?? [0]));
  }, nose);
}

function placeOf(bytes: DataView, offset: number): number {
  return bytes.getInt16(offset, true) / LANDMARK_SCALE;
}
