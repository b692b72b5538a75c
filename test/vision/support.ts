import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { loadPrepared, type PreparedModels } from '../../models/prepared.ts';
import { modelCacheDir } from '../../models/prepare/settings.ts';
import { ImageDecoder } from '../../server/inference/image-decoder.ts';
import { OrtRunner } from '../../server/inference/ort-model.ts';
import type { AnalysisOptions } from '../../server/vision/analysis.ts';
import type { RgbImage } from '../../server/vision/image.ts';
import { DATA_DIR } from '../support/optional.ts';

export const NOTHING_MORE: AnalysisOptions = { embeddings: false, pad: false, countFaces: false };
export const MAX_PIXELS = 4_000_000;

export const hasData = DATA_DIR !== null;

/** The models of the tier that these tests run in. */
export async function preparedModels(): Promise<PreparedModels['models']> {
  return (await loadPrepared(modelCacheDir())).models;
}

export async function loadRunner(): Promise<OrtRunner> {
  return await OrtRunner.load(await preparedModels());
}

/** One of the group photographs (1 to 6) that an installed package contains. */
export function groupPhoto(number: number): Promise<Buffer> {
  const root = path.dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json'));
  return readFile(path.join(root, 'demo', `sample${number}.jpg`));
}

/** Decodes as the worker does, into a new buffer. Throws when the picture is refused. */
export async function decode(bytes: Buffer): Promise<RgbImage> {
  const result = await new ImageDecoder(MAX_PIXELS).decode(bytes);
  if (!result.ok) throw new Error(result.code);
  const { width, height, data } = result.image;
  return { width, height, data: data.slice(0, width * height * 3) };
}

export function filesIn(...segments: string[]): string[] {
  const folder = path.join(DATA_DIR ?? '', ...segments);
  return readdirSync(folder)
    .toSorted()
    .map((name) => path.join(folder, name));
}

/** Cosine similarity of two L2-normalised vectors. */
export function cosine(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}
