import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { modelCacheDir, prepareModels, type PreparedModels } from '../../models/prepare.ts';
import { packageRoot } from '../../models/package-root.ts';
import { ImageDecoder } from '../../server/inference/image-decoder.ts';
import { OrtRunner } from '../../server/inference/ort-model.ts';
import type { AnalysisWants } from '../../server/vision/analysis.ts';
import type { RgbImage } from '../../server/vision/image.ts';

export const NOTHING_MORE: AnalysisWants = { embeddings: false, pad: false, countFaces: false };
export const MAX_PIXELS = 4_000_000;

/** The optional folder of recordings: `VERIFRAME_DATA`, else `../shared/data` beside the project. */
export const dataDir = process.env['VERIFRAME_DATA'] ?? path.resolve(packageRoot(), '..', 'shared', 'data');
export const hasData = existsSync(dataDir);

/** The models in the cache; what is missing there is made from the npm packages and the optional mirror folder. */
export async function preparedModels(): Promise<PreparedModels['models']> {
  const mirrorDir =
    process.env['VERIFRAME_MODEL_MIRROR'] ?? path.resolve(packageRoot(), '..', 'shared', 'models');
  const { models } = await prepareModels({
    cacheDir: modelCacheDir(),
    offline: true,
    ...(existsSync(mirrorDir) ? { mirrorDir } : {}),
  });
  return models;
}

export async function loadRunner(): Promise<OrtRunner> {
  return await OrtRunner.load(await preparedModels());
}

/** One of the group photos (1 to 6) that come with an installed package. */
export function groupPhoto(number: number): Promise<Buffer> {
  const root = path.dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json'));
  return readFile(path.join(root, 'demo', `sample${number}.jpg`));
}

/** Decodes as the worker does, into memory of its own. Throws when the picture is refused. */
export async function decode(bytes: Buffer): Promise<RgbImage> {
  const result = await new ImageDecoder(MAX_PIXELS).decode(bytes);
  if (!result.ok) throw new Error(result.code);
  const { width, height, data } = result.image;
  return { width, height, data: data.slice(0, width * height * 3) };
}

export function filesIn(...segments: string[]): string[] {
  const folder = path.join(dataDir, ...segments);
  return readdirSync(folder)
    .toSorted()
    .map((name) => path.join(folder, name));
}

/** Cosine similarity of two L2-normalised vectors. */
export function cosine(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}
