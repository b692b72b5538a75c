import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../models/package-root.ts';
import { loadPrepared } from '../models/prepared.ts';
import { modelCacheDir } from '../models/prepare/settings.ts';
import { OrtRunner } from '../server/inference/ort-model.ts';
import { FrameAnalyzerCore } from '../server/vision/analyze.ts';
import { hintCorrectness, evaluateScenes, type SceneResult } from './hints/measure.ts';
import { loadPhoto, photoFiles, type Photo } from './hints/photo.ts';
import { samplePhotos } from './hints/sample-photos.ts';

const USAGE = `How often the hint is right for real photos with known degradations, which pass the vision code of a session.

  --data DIR     holds lfw-dev/ and nuaa-dev/live/ (default ../shared/data; without it three sample faces serve)
  --photos N     photos of each of the two (default 80)
  --out DIR      where hints.json goes (default reports/hints)
  --numbers      also write what was measured on every picture
`;

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: path.resolve(packageRoot(), '..', 'shared', 'data') },
    photos: { type: 'string', default: '80' },
    out: { type: 'string', default: 'reports/hints' },
    numbers: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function table(results: readonly SceneResult[]): string {
  const rows = results.map(({ scene, expected, pictures, correct, instead }) => {
    const others = Object.entries(instead).map(([hint, count]) => `${hint} ${count}`);
    return `| ${scene} | ${expected ?? 'none'} | ${((100 * correct) / pictures).toFixed(1)} % | ${others.join(', ')} |`;
  });
  return ['| picture | right hint | given | instead |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

if (values.help) {
  process.stdout.write(USAGE);
} else {
  const { models } = await loadPrepared(modelCacheDir());
  const core = new FrameAnalyzerCore(await OrtRunner.load(models));
  let photos: Photo[] = [];
  if (existsSync(values.data)) {
    const files = await photoFiles(values.data, Number(values.photos));
    for (const file of files) {
      const photo = await loadPhoto(file, path.relative(values.data, file), core);
      if (photo !== null) photos.push(photo);
    }
  } else {
    photos = await samplePhotos(core);
  }
  if (photos.length < 2) throw new Error('At least two photos are needed.');
  const numbers: object[] = [];
  const results = await evaluateScenes(photos, core, undefined, ({ scene, photo, hint, face }) => {
    if (!values.numbers) return;
    const { landmarks: _, ...rest } = face ?? {};
    numbers.push({ scene: scene.name, photo: photo.name, hint, ...rest });
  });
  await mkdir(values.out, { recursive: true });
  const correctness = hintCorrectness(results);
  await writeFile(
    path.join(values.out, 'hints.json'),
    `${JSON.stringify({ correctness, results, numbers }, null, 1)}\n`,
  );
  const pictures = results.reduce((sum, result) => sum + result.pictures, 0);
  process.stdout.write(
    `${table(results)}\n\n${photos.length} photos, ${pictures} pictures: the hint is right for ${(100 * correctness).toFixed(1)} %.\n`,
  );
}
