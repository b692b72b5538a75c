import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { packageRoot } from '../../../models/package-root.ts';
import { SAMPLE_PORTRAITS } from '../../../simulator/index.ts';

/** A folder of the checkout that a reader's commands may write to, so the scratch clone has its own. */
const OWN = new Set(['data', 'reports', '.git']);
const SIDE_PX = 480;
/** By how far the photographs of one person differ. */
const STEPS_PX = [-18, -10, -4, 0, 5, 11, 17, 23];

/**
 * A folder that looks like the clone of a reader: the checkout's files by links, a data folder of its own, `photos/`
 * with photographs of one person, `one-photo/` with another one of them, and `staff/` with one photograph of each of
 * two others.
 */
export async function makeScratchClone(): Promise<{ readonly folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'veriframe-docs-'));
  const entries = (await readdir(packageRoot())).filter((name) => !OWN.has(name));
  await Promise.all(entries.map((name) => symlink(join(packageRoot(), name), join(folder, name))));
  await mkdir(join(folder, 'data'), { mode: 0o700 });
  await Promise.all([
    writePhotos(join(folder, 'photos'), STEPS_PX),
    writePhotos(join(folder, 'one-photo'), [2]),
    writeStaff(join(folder, 'staff')),
  ]);
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

async function writeStaff(folder: string): Promise<void> {
  await mkdir(folder);
  for (const [name, { image, within }] of [
    ['grace', SAMPLE_PORTRAITS.second],
    ['hedy', SAMPLE_PORTRAITS.third],
  ] as const) {
    const { x: left, y: top, width, height } = within;
    await writeFile(
      join(folder, `${name}.jpg`),
      await sharp(image).extract({ left, top, width, height }).toBuffer(),
    );
  }
}

async function writePhotos(folder: string, stepsPx: readonly number[]): Promise<void> {
  const { image, faceAt } = SAMPLE_PORTRAITS.first;
  await mkdir(folder);
  for (const [at, stepPx] of stepsPx.entries()) {
    const region = {
      left: faceAt.x - SIDE_PX / 2 + stepPx,
      top: faceAt.y - SIDE_PX / 2 - Math.round(stepPx / 2),
      width: SIDE_PX,
      height: SIDE_PX,
    };
    await writeFile(
      join(folder, `${at}.jpg`),
      await sharp(image).extract(region).jpeg({ quality: 92 }).toBuffer(),
    );
  }
}
