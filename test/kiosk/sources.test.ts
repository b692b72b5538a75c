import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import * as fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cameraArguments, openCamera } from '../../client/kiosk/sources/camera.ts';
import { pictureFitter } from '../../client/kiosk/sources/fit.ts';
import { depthName, readDepth } from '../../client/kiosk/sources/depth.ts';
import { naturalOrder, openFolder } from '../../client/kiosk/sources/folder.ts';
import { latest } from '../../client/kiosk/sources/latest.ts';
import { mjpegSource } from '../../client/kiosk/sources/mjpeg.ts';
import { openSource } from '../../client/kiosk/sources/open.ts';
import type { FrameSource, SourceFrame } from '../../client/kiosk/sources/source.ts';
import { openVideo } from '../../client/kiosk/sources/video.ts';
import { rateLimiter } from '../../client/kiosk/pump.ts';
import { depthPng, wall } from './support/depth.ts';
import { jpegOf, noiseJpeg, pngOf, webpOf } from './support/pictures.ts';

const LIMITS = { maxEdgePx: 640, maxImageBytes: 512 * 1024, maxImagePixels: 1_000_000 };
const fit = pictureFitter(LIMITS);
const withCode = (code: string) => expect.objectContaining({ name: 'KioskError', code });

/** The pictures of a source, until it ends or `most` have come. Takes every frame at once, so that none is lost. */
async function play(source: FrameSource, most = Infinity): Promise<Uint8Array[]> {
  const stop = new AbortController();
  const frames: SourceFrame[] = [];
  for await (const frame of source.play({ fit, signal: stop.signal })) {
    frames.push(frame);
    if (frames.length >= most) break;
  }
  stop.abort();
  return Promise.all(frames.map((frame) => frame.picture()));
}

/** The frames of a source with their pictures' brightness and what their depth images hold. */
async function playWithDepth(source: FrameSource): Promise<unknown[]> {
  const frames: SourceFrame[] = [];
  for await (const frame of source.play({ fit, signal: new AbortController().signal })) frames.push(frame);
  return Promise.all(
    frames.map(async (frame) => [await brightness(await frame.picture()), (await frame.depth?.()) ?? null]),
  );
}

async function brightness(picture: Uint8Array): Promise<number> {
  const { channels } = await sharp(picture).stats();
  return Math.round(channels[0]?.mean ?? Number.NaN);
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'veriframe-sources-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('folders', () => {
  it('sorts names with their numbers by value', () => {
    expect(naturalOrder(['f10.jpg', 'f9.jpg', 'f1.jpg', 'f02.jpg', 'a.jpg'])).toEqual([
      'a.jpg',
      'f1.jpg',
      'f02.jpg',
      'f9.jpg',
      'f10.jpg',
    ]);
  });

  it('orders any numbers by value, in whatever order the names come', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 100_000 })), (numbers) => {
        const names = numbers.map((number) => `frame_${number}.jpg`);
        const expected = numbers.toSorted((a, b) => a - b).map((number) => `frame_${number}.jpg`);
        expect(naturalOrder(names)).toEqual(expected);
      }),
      { seed: 7 },
    );
  });

  it('plays JPEG, PNG and WebP once, in order, as JPEG, and ignores other files', async () => {
    const path = join(folder, 'mixed');
    await writeFolder(path, {
      'f10.webp': await webpOf({ grey: 200 }),
      'f2.PNG': await pngOf({ grey: 100 }),
      'f1.jpg': await jpegOf({ grey: 20 }),
      'notes.txt': Buffer.from('not a picture'),
    });
    const pictures = await play(await openFolder(path, { framesPerSecond: 20, loop: false }));
    expect(await Promise.all(pictures.map(brightness))).toEqual([20, 100, 200]);
    for (const picture of pictures) expect((await sharp(picture).metadata()).format).toBe('jpeg');
  });

  it('starts again at the end when it loops', async () => {
    const path = join(folder, 'loop');
    await writeFolder(path, { '1.jpg': await jpegOf({ grey: 10 }), '2.jpg': await jpegOf({ grey: 90 }) });
    const pictures = await play(await openFolder(path, { framesPerSecond: 20, loop: true }), 5);
    expect(await Promise.all(pictures.map(brightness))).toEqual([10, 90, 10, 90, 10]);
  });

  it('names the picture that cannot be read', async () => {
    const path = join(folder, 'broken');
    await writeFolder(path, { 'bad.jpg': Buffer.from('not a JPEG') });
    const playing = play(await openFolder(path, { framesPerSecond: 20, loop: false }));
    await expect(playing).rejects.toEqual(withCode('source.unreadable'));
    await expect(playing).rejects.toThrow(/bad\.jpg/);
  });

  it('refuses a folder without pictures, and a path that is not there', async () => {
    const path = join(folder, 'empty');
    await writeFolder(path, {});
    await expect(openFolder(path, { framesPerSecond: 10, loop: true })).rejects.toEqual(
      withCode('source.empty'),
    );
    const missing = { source: { kind: 'path', path: join(folder, 'nowhere') } } as const;
    await expect(
      openSource({ ...missing, framesPerSecond: null, loop: null, maxEdgePx: 640 }),
    ).rejects.toEqual(withCode('source.not_found'));
  });
});

describe('pictureFitter', () => {
  it('passes an upright JPEG within the limits untouched', async () => {
    const jpeg = await jpegOf({ width: 640, height: 480 });
    expect(await fit(jpeg)).toBe(jpeg);
  });

  it('scales to the longest side and to the number of pixels, and keeps the shape', async () => {
    const large = await jpegOf({ width: 1280, height: 800 });
    expect(await sharp(await fit(large)).metadata()).toMatchObject({
      width: 640,
      height: 400,
      format: 'jpeg',
    });
    const few = pictureFitter({ ...LIMITS, maxImagePixels: 10_000 });
    const { width, height } = await sharp(await few(large)).metadata();
    expect(width * height).toBeLessThanOrEqual(10_000);
    expect(width / height).toBeCloseTo(1.6, 1);
  });

  it('turns a picture upright as its EXIF orientation says', async () => {
    const turned = await sharp(await jpegOf({ width: 200, height: 100 }))
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const { width, height, orientation = 1 } = await sharp(await fit(turned)).metadata();
    expect({ width, height, orientation }).toEqual({ width: 100, height: 200, orientation: 1 });
  });

  it('lowers the quality until the bytes fit, and says so when they cannot', async () => {
    const noise = await noiseJpeg(5, { width: 320, height: 240 });
    const most = Math.round(noise.length * 0.8);
    const smaller = await pictureFitter({ ...LIMITS, maxImageBytes: most })(noise);
    expect(smaller.byteLength).toBeLessThanOrEqual(most);
    await expect(pictureFitter({ ...LIMITS, maxImageBytes: 500 })(noise)).rejects.toEqual(
      withCode('source.too_large'),
    );
  });
});

async function* failing() {
  yield 1;
  throw new Error('camera unplugged');
}

describe('latest', () => {
  it('yields the newest item and drops the ones before it', async () => {
    let next = 0;
    const produced = new EventTarget();
    async function* burst() {
      while (next < 100) yield next++;
      produced.dispatchEvent(new Event('all'));
    }
    const all = new Promise((resolve) => produced.addEventListener('all', resolve));
    const taken: number[] = [];
    for await (const item of latest(burst())) {
      taken.push(item);
      await all;
    }
    expect(taken.at(-1)).toBe(99);
    expect(taken.length).toBeLessThanOrEqual(3);
  });

  it('throws the error of its items, after the newest item', async () => {
    const taken: number[] = [];
    await expect(
      (async () => {
        for await (const item of latest(failing())) taken.push(item);
      })(),
    ).rejects.toThrow('camera unplugged');
    expect(taken).toEqual([1]);
  });
});

describe('rateLimiter', () => {
  it('lets a jittering source at the limit through and holds a faster one to the limit', () => {
    const atLimit = rateLimiter(30);
    const jittering = Array.from({ length: 300 }, (_, index) => (index * 1000) / 30 + (index % 2) * 12);
    expect(jittering.filter((atMs) => atLimit(atMs))).toHaveLength(300);
    const half = rateLimiter(30);
    const fast = Array.from({ length: 600 }, (_, index) => (index * 1000) / 60);
    const passed = fast.filter((atMs) => half(atMs)).length;
    expect(passed).toBeGreaterThanOrEqual(300);
    expect(passed).toBeLessThanOrEqual(302);
  });
});

describe('MJPEG streams', () => {
  it('paces a stream without its own pace, and loses none of its pictures', async () => {
    const jpegs = await Promise.all([10, 60, 110].map((grey) => jpegOf({ grey })));
    const source = mjpegSource(Readable.from([Buffer.concat(jpegs)]), { framesPerSecond: 20 });
    expect(await play(source)).toEqual(jpegs);
  });

  it('fails with source.empty when no picture came', async () => {
    const source = mjpegSource(Readable.from([Buffer.from('hello')]), { framesPerSecond: null });
    await expect(play(source)).rejects.toEqual(withCode('source.empty'));
  });

  it('ends at the signal although the stream goes on', async () => {
    const jpeg = await jpegOf();
    const endless = new Readable({ read() {} });
    endless.push(jpeg);
    const stop = new AbortController();
    for await (const _ of mjpegSource(endless, { framesPerSecond: null }).play({ fit, signal: stop.signal }))
      stop.abort();
    expect(endless.destroyed).toBe(true);
  });
});

const ffmpegIsMissing = spawnSync('ffmpeg', ['-version']).error !== undefined;
describe.skipIf(ffmpegIsMissing)('videos (skipped when ffmpeg is not installed)', () => {
  let video: string;
  const frames = 10;
  beforeAll(() => {
    video = join(folder, '-test clip.mkv');
    const lavfi = ['-f', 'lavfi', '-i', `testsrc=size=800x400:rate=20:duration=${frames / 20}`];
    const made = spawnSync('ffmpeg', ['-v', 'error', ...lavfi, '-c:v', 'mjpeg', `file:${video}`]);
    if (made.status !== 0) throw new Error(String(made.stderr));
  });

  it('plays every frame once, scaled, in real time', async () => {
    const source = await openVideo(video, { loop: false, maxEdgePx: 640 });
    const times: number[] = [];
    const signal = new AbortController().signal;
    for await (const frame of source.play({ fit, signal })) {
      times.push(frame.capturedAtMs);
      expect(await sharp(await frame.picture()).metadata()).toMatchObject({
        format: 'jpeg',
        width: 640,
        height: 320,
      });
    }
    // Since version 6.1 ffmpeg plays the first half second as a burst, of which only the newest frame is taken.
    expect(times.length).toBeGreaterThan(0);
    expect(times.length).toBeLessThanOrEqual(frames);
  });

  it('starts again when it loops', async () => {
    const source = await openVideo(video, { loop: true, maxEdgePx: 64 });
    expect(await play(source, frames + 3)).toHaveLength(frames + 3);
  });

  it('fails with what ffmpeg says about a file that is no video', async () => {
    const path = join(folder, 'no-video.mp4');
    await writeFile(path, 'not a video');
    await expect(play(await openVideo(path, { loop: false, maxEdgePx: 64 }))).rejects.toEqual(
      withCode('source.ffmpeg_failed'),
    );
  });
});

describe('ffmpeg', () => {
  it('is named by its Debian package when it is missing', async () => {
    vi.stubEnv('PATH', folder);
    try {
      const opening = openVideo('any.mp4', { loop: false, maxEdgePx: 640 });
      await expect(opening).rejects.toEqual(withCode('source.ffmpeg_missing'));
      await expect(opening).rejects.toThrow(/Debian package: ffmpeg/);
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

describe('cameras', () => {
  it('are named to ffmpeg as each system names them', () => {
    expect(cameraArguments(null, 30, 'linux').slice(-2)).toEqual(['-i', '/dev/video0']);
    expect(cameraArguments('/dev/video2', 15, 'linux')).toContain('15');
    expect(cameraArguments('1', 30, 'darwin').slice(-2)).toEqual(['-i', '1']);
    expect(cameraArguments('Front', 30, 'win32').slice(-2)).toEqual(['-i', 'video=Front']);
    expect(() => cameraArguments(null, 30, 'win32')).toThrow(/camera:NAME/);
  });

  it('that do not exist fail with source.not_found', async () => {
    const device = join(folder, 'video9');
    await expect(openCamera({ device, framesPerSecond: 30, maxEdgePx: 640 }, 'linux')).rejects.toEqual(
      withCode('source.not_found'),
    );
  });
});

async function writeFolder(path: string, files: Record<string, Buffer>): Promise<void> {
  await mkdir(path);
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(path, name), bytes);
}

describe('depth images', () => {
  const [near, far] = [wall({ mm: 500, slopeMm: 2 }), wall({ mm: 900 })];
  /** Bytes as an array, since a PNG is read into a buffer of another kind. */
  const same = ({ width, height, data }: typeof near) =>
    expect.objectContaining({
      width,
      height,
      data: expect.toSatisfy((read: Uint8Array) => Buffer.from(data).equals(read)),
    });

  it('are known by their names', () => {
    expect(depthName('face.7.depth.PNG')).toEqual({ stem: 'face.7', format: { kind: 'png' } });
    expect(depthName('a.depth-320x240.raw')).toEqual({
      stem: 'a',
      format: { kind: 'raw', width: 320, height: 240 },
    });
    for (const name of ['a.png', 'depth.png', 'a.depth.jpg', 'a.depth.raw', 'a.depth-3x.raw'])
      expect(depthName(name)).toBeNull();
  });

  it('lie beside the pictures of a folder, as PNG or raw, and are no pictures', async () => {
    const path = join(folder, 'with-depth');
    await writeFolder(path, {
      'a1.jpg': await jpegOf({ grey: 20 }),
      'a1.depth.png': await depthPng(near),
      'a2.jpg': await jpegOf({ grey: 200 }),
      'a2.depth-64x48.raw': Buffer.from(far.data),
    });
    const source = await openFolder(path, { framesPerSecond: 20, loop: false });
    expect(await playWithDepth(source)).toEqual([
      [20, same(near)],
      [200, same(far)],
    ]);
  });

  it('lie beside all pictures of a folder or beside none', async () => {
    const path = join(folder, 'half-with-depth');
    await writeFolder(path, {
      'a1.jpg': await jpegOf(),
      'a1.depth.png': await depthPng(near),
      'a2.jpg': await jpegOf(),
    });
    const opening = openFolder(path, { framesPerSecond: 20, loop: false });
    await expect(opening).rejects.toEqual(withCode('source.unreadable'));
    await expect(opening).rejects.toThrow('a2.jpg has no depth image beside it');
  });

  it('come before their pictures in a stream', async () => {
    const images = [
      await depthPng(near),
      await jpegOf({ grey: 20 }),
      await jpegOf({ grey: 100 }),
      await depthPng(far),
      await jpegOf({ grey: 200 }),
    ];
    const source = mjpegSource(Readable.from(images), { framesPerSecond: 20 });
    expect(await playWithDepth(source)).toEqual([
      [20, same(near)],
      [100, null],
      [200, same(far)],
    ]);
  });

  it.each([
    ['a picture', () => jpegOf(), 'one channel of 16 bits'],
    ['a PNG of colours', () => pngOf(), 'one channel of 16 bits'],
    ['a PNG that is too small', () => depthPng(wall({ width: 15, height: 40 })), '15, not 16 to 1024'],
    ['no image', async () => Buffer.from('nothing'), 'unsupported image format'],
  ])('are refused when the file is %s', async (_, make, why) => {
    const reading = readDepth(await make(), { kind: 'png' });
    await expect(reading).rejects.toEqual(withCode('source.unreadable'));
    await expect(reading).rejects.toThrow(why);
  });

  it('are refused when a raw one has another size than its name says', async () => {
    const reading = readDepth(far.data, { kind: 'raw', width: 64, height: 47 });
    await expect(reading).rejects.toEqual(withCode('source.unreadable'));
  });
});
