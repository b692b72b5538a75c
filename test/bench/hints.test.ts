import { beforeAll, describe, expect, it } from 'vitest';
import { hintCorrectness, evaluateScenes, type SceneResult } from '../../bench/hints/measure.ts';
import { loadPhoto, photoFiles, type Photo } from '../../bench/hints/photo.ts';
import { samplePhotos } from '../../bench/hints/sample-photos.ts';
import { FrameAnalyzerCore } from '../../server/vision/analyze.ts';
import { DATA_DIR } from '../support/optional.ts';
import { hasData, loadRunner } from '../vision/support.ts';

let core: FrameAnalyzerCore;
beforeAll(async () => {
  core = new FrameAnalyzerCore(await loadRunner());
});

const wrong = (results: readonly SceneResult[]) =>
  results
    .filter(({ correct, pictures }) => correct < pictures)
    .map(({ scene, instead }) => ({ scene, instead }));

describe('the quality hint', () => {
  it('is right for every degradation of three sample faces', async () => {
    const photos = await samplePhotos(core);
    expect(photos.length).toBe(3);
    expect(wrong(await evaluateScenes(photos, core))).toEqual([]);
  });

  it.skipIf(!hasData)(
    'is right for 95 % of real photos degraded in known ways (skipped without the optional data folder)',
    async () => {
      const photos: Photo[] = [];
      for (const file of await photoFiles(DATA_DIR ?? '', 8)) {
        const photo = await loadPhoto(file, file, core);
        if (photo !== null) photos.push(photo);
      }
      expect(photos.length).toBeGreaterThan(5);
      const results = await evaluateScenes(photos, core);
      expect(hintCorrectness(results)).toBeGreaterThanOrEqual(0.95);
    },
  );
});
