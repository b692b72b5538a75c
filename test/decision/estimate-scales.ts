/**
 * Estimates what stands in `server/decision/score-scales.ts` from the development half of LFW: impostor mean and
 * deviation of each network's cosine, thresholds at the false match rates, and the line from score to
 * log-likelihood ratio. Prints a table; run with `npx tsx test/decision/estimate-scales.ts [FOLDER]` where FOLDER
 * holds one folder of images for each person. Takes some minutes.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadPrepared, modelCacheDir } from '../../models/prepare.ts';
import { compare, fuseScores } from '../../server/decision/compare.ts';
import { FMRS } from '../../server/decision/score-scales.ts';
import { ImageDecoder } from '../../server/inference/image-decoder.ts';
import { OrtRunner } from '../../server/inference/ort-model.ts';
import type { Embeddings } from '../../server/vision/analysis.ts';
import { FrameAnalyzerCore } from '../../server/vision/analyze.ts';

const WANTS = { embeddings: true, pad: false, countFaces: false };
const folder = process.argv[2] ?? join(process.env['VERIFRAME_DATA'] ?? '../shared/data', 'lfw-dev');

interface Face {
  readonly person: string;
  readonly embeddings: Embeddings;
}

async function readFaces(): Promise<Face[]> {
  const { models } = await loadPrepared(modelCacheDir());
  const analyzer = new FrameAnalyzerCore(await OrtRunner.load(models));
  const decoder = new ImageDecoder(4_000_000);
  const faces: Face[] = [];
  for (const person of readdirSync(folder)) {
    for (const file of readdirSync(join(folder, person))) {
      const decoded = await decoder.decode(readFileSync(join(folder, person, file)));
      if (!decoded.ok) continue;
      const { face } = await analyzer.analyze(decoded.image, null, WANTS);
      if (face.found && face.value.embeddings) faces.push({ person, embeddings: face.value.embeddings });
    }
  }
  return faces;
}

type Method = 'mobilefacenet' | 'dlib' | 'faceres' | 'fused';

function scoresOf(faces: readonly Face[], method: Method): { genuine: number[]; impostor: number[] } {
  const genuine: number[] = [];
  const impostor: number[] = [];
  const single = (a: Face, b: Face, model: Exclude<Method, 'fused'>) =>
    compare(only(a.embeddings, model), only(b.embeddings, model))?.score ?? Number.NaN;
  for (let i = 0; i < faces.length; i++) {
    for (let j = i + 1; j < faces.length; j++) {
      const [a, b] = [faces[i], faces[j]];
      const score =
        method === 'fused' ? fuseScores(single(a, b, 'faceres'), single(a, b, 'dlib')) : single(a, b, method);
      if (Number.isFinite(score)) (a.person === b.person ? genuine : impostor).push(score);
    }
  }
  return { genuine, impostor };
}

function only(embeddings: Embeddings, model: Exclude<Method, 'fused'>): Embeddings {
  const one = embeddings[model];
  return one === undefined ? {} : { [model]: one };
}

/** Logistic regression with both classes weighted alike, by Newton's method: log-likelihood ratio = a·s + b. */
function fitLine(genuine: readonly number[], impostor: readonly number[], centre: number, scale: number) {
  let [a, b] = [1, 0];
  for (let step = 0; step < 30; step++) {
    let [ga, gb, haa, hab, hbb] = [0, 0, 1e-9, 0, 1e-9];
    for (const [scores, label] of [
      [genuine, 1],
      [impostor, 0],
    ] as const) {
      for (const score of scores) {
        const x = (score - centre) / scale;
        const p = 1 / (1 + Math.exp(-(a * x + b)));
        const weight = 1 / scores.length;
        ga += weight * (label - p) * x;
        gb += weight * (label - p);
        haa += weight * p * (1 - p) * x * x;
        hab += weight * p * (1 - p) * x;
        hbb += weight * p * (1 - p);
      }
    }
    const determinant = haa * hbb - hab * hab;
    a += (hbb * ga - hab * gb) / determinant;
    b += (haa * gb - hab * ga) / determinant;
  }
  return { slope: a / scale, offset: b - (a * centre) / scale };
}

const faces = await readFaces();
process.stdout.write(`${faces.length} faces\n`);
for (const method of ['mobilefacenet', 'dlib', 'faceres', 'fused'] as const) {
  const { genuine, impostor } = scoresOf(faces, method);
  if (impostor.length === 0) continue;
  const mean = impostor.reduce((sum, score) => sum + score, 0) / impostor.length;
  const deviation = Math.sqrt(
    impostor.reduce((sum, score) => sum + (score - mean) ** 2, 0) / impostor.length,
  );
  const descending = Float64Array.from(impostor).toSorted().toReversed();
  const rates = FMRS.map((fmr) => {
    const threshold = descending[Math.floor(fmr * descending.length)];
    const missed = genuine.filter((score) => score < threshold).length / genuine.length;
    return `${fmr}: ${threshold.toFixed(4)} (FNMR ${(100 * missed).toFixed(2)} %)`;
  });
  const { slope, offset } = fitLine(genuine, impostor, mean, deviation);
  process.stdout.write(
    `${method}: ${genuine.length} genuine, ${impostor.length} impostor, impostor mean ${mean.toFixed(4)} ` +
      `deviation ${deviation.toFixed(4)}, LLR = ${slope.toFixed(2)}·s ${offset.toFixed(2)}; ${rates.join(', ')}\n`,
  );
}
