import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pictureFitter } from '../../client/kiosk/sources/fit.ts';
import { openFolder } from '../../client/kiosk/sources/folder.ts';
import { mjpegSource } from '../../client/kiosk/sources/mjpeg.ts';
import type { FrameSource } from '../../client/kiosk/sources/source.ts';
import { jpegOf } from './support/pictures.ts';

const LIMITS = { maxEdgePx: 640, maxImageBytes: 512 * 1024, maxImagePixels: 1_000_000 };
const fit = pictureFitter(LIMITS);
const withCode = (code: string) => expect.objectContaining({ name: 'KioskError', code });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'veriframe-odd-pictures-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** All pictures of a source that ends. */
async function play(source: FrameSource): Promise<Uint8Array[]> {
  const pictures: Promise<Uint8Array>[] = [];
  for await (const frame of source.play({ fit, signal: new AbortController().signal }))
    pictures.push(frame.picture());
  return await Promise.all(pictures);
}

async function brightness(picture: Uint8Array): Promise<number> {
  const { channels } = await sharp(picture).stats();
  return Math.round(channels[0]?.mean ?? Number.NaN);
}

async function writeFolder(path: string, files: Record<string, Buffer>): Promise<void> {
  await mkdir(path);
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(path, name), bytes);
}

describe('pictures as cameras and phones leave them', () => {
  it('says its sentence once', async () => {
    const path = join(folder, 'broken-once');
    await writeFolder(path, { 'bad.jpg': Buffer.from('not a JPEG') });
    const playing = play(await openFolder(path, { framesPerSecond: 20, loop: false }));
    const { message }: Error = await playing.then(
      () => new Error('none'),
      (error: unknown) => error as Error,
    );
    expect(message.split('cannot be read')).toHaveLength(2);
    expect(message).not.toContain('\n');
  });

  it('passes over dot files, such as the companions that macOS lays beside pictures', async () => {
    const path = join(folder, 'companions');
    const companion = Buffer.from('00051607000200004d6163204f53205820', 'hex');
    await writeFolder(path, {
      'IMG_1.jpg': await jpegOf({ grey: 10 }),
      '._IMG_1.jpg': companion,
      '.hidden.png': companion,
      'IMG_2.jpg': await jpegOf({ grey: 90 }),
    });
    const pictures = await play(await openFolder(path, { framesPerSecond: 20, loop: false }));
    expect(await Promise.all(pictures.map(brightness))).toEqual([10, 90]);
  });

  it('names the format of a picture that it does not take', async () => {
    const path = join(folder, 'phone');
    const heic = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1');
    await writeFolder(path, { 'IMG_7.HEIC': heic });
    const playing = play(await openFolder(path, { framesPerSecond: 20, loop: false }));
    await expect(playing).rejects.toThrow(/IMG_7\.HEIC: Its format is HEIC/);
  });

  it('takes pictures without an end marker', async () => {
    const bare = await Promise.all(
      [10, 60, 110].map(async (grey) => (await jpegOf({ grey })).subarray(0, -2)),
    );
    const source = mjpegSource(Readable.from([Buffer.concat(bare)]), { framesPerSecond: 20 });
    expect(await play(source)).toEqual(bare);
  });

  it('leaves a large JPEG that sharp warns of to the server, which knows what loses no data', async () => {
    const large = await jpegOf({ width: 1280, height: 720 });
    const stray = Buffer.concat([large.subarray(0, -2), Buffer.of(1, 2, 3), large.subarray(-2)]);
    const zeroScan = Buffer.from(stray);
    zeroScan.fill(
      0,
      zeroScan.indexOf(Buffer.of(0xff, 0xda)) + 11,
      zeroScan.indexOf(Buffer.of(0xff, 0xda)) + 14,
    );
    expect(await fit(zeroScan)).toBe(zeroScan);
    await expect(pictureFitter({ ...LIMITS, maxImagePixels: 500_000 })(zeroScan)).rejects.toEqual(
      withCode('source.unreadable'),
    );
  });
});
