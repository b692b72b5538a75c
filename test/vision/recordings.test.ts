import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { changed, PLAIN } from '../../models/evaluate/pad-grid/cells.ts';
import { passivePad } from '../../server/policy/passive-pad.ts';
import type { AnalysisOptions, FaceAnalysis, FaceRegion } from '../../server/vision/analysis.ts';
import { FrameAnalyzerCore } from '../../server/vision/analyze.ts';
import type { RgbImage } from '../../server/vision/image.ts';
import type { OrtRunner } from '../../server/inference/ort-model.ts';
import { ffmpegMissing, recording, recordingsMissing } from '../support/recordings.ts';
import { cosine, decode, filesIn, hasData, loadRunner, NOTHING_MORE } from './support.ts';

const CLIP = recording('clips-dev/d14.mp4');
const CLIP_WIDTH = 512;
const CLIP_HEIGHT = 512;
const clipMissing = recordingsMissing('clips-dev/d14.mp4') ?? ffmpegMissing();

let runner: OrtRunner;
let core: FrameAnalyzerCore;

beforeAll(async () => {
  if (!hasData) return;
  runner = await loadRunner();
  core = new FrameAnalyzerCore(runner);
});

async function faceIn(image: RgbImage, wants: AnalysisOptions, region: FaceRegion | null = null) {
  const { face } = await core.analyze(image, region, wants);
  return face.found ? face.value : null;
}

async function facesOf(files: readonly string[], wants: AnalysisOptions): Promise<FaceAnalysis[]> {
  const faces: FaceAnalysis[] = [];
  for (const file of files) {
    const face = await faceIn(await decode(await readFile(file)), wants);
    if (face !== null) faces.push(face);
  }
  return faces;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

describe.skipIf(!hasData)('on labelled faces (skipped without the optional data folder)', () => {
  it('scores comparisons of one person above those of two people', async () => {
    const people = filesIn('lfw-dev').filter((_, i) => i % 69 === 5);
    const described: FaceAnalysis[][] = [];
    for (const folder of people) {
      const images = filesIn('lfw-dev', path.basename(folder)).slice(0, 2);
      described.push(await facesOf(images, { ...NOTHING_MORE, embeddings: true }));
    }
    expect(described.flat().length).toBe(2 * people.length);
    for (const model of ['faceres', 'dlib', 'mobilefacenet'] as const) {
      if (!runner.has(model)) continue;
      const embeddings = described.map((faces) =>
        faces.flatMap((face) => (face.embeddings?.[model] ? [face.embeddings[model]] : [])),
      );
      const same = embeddings.map(([a, b]) => cosine(a, b));
      const different = embeddings.flatMap(([a], i) => embeddings.slice(i + 1).map(([, b]) => cosine(a, b)));
      const highest = different.toSorted((a, b) => b - a)[Math.floor(different.length * 0.02)];
      expect(same.filter((score) => score > highest).length / same.length).toBeGreaterThan(0.8);
    }
  });
});

describe.skipIf(!hasData)('on live and printed faces (skipped without the optional data folder)', () => {
  const asItIs = (bytes: Buffer) => bytes;
  const probabilities = async (
    kind: 'live' | 'print',
    change: (bytes: Buffer) => Buffer | Promise<Buffer> = asItIs,
  ) => {
    const files = filesIn('nuaa-dev', kind).flatMap((folder) =>
      filesIn('nuaa-dev', kind, path.basename(folder)).filter((_, i) => i % 20 === 3),
    );
    const faces: FaceAnalysis[] = [];
    for (const file of files) {
      const face = await faceIn(await decode(await change(await readFile(file))), {
        ...NOTHING_MORE,
        pad: true,
      });
      if (face !== null) faces.push(face);
    }
    expect(faces.length).toBe(files.length);
    return faces.flatMap(({ bonaFideProbability: p }) => (p === undefined ? [] : [p]));
  };

  it('gives live faces a higher bona fide probability than every printed one', async ({ skip }) => {
    if (!runner.has('minifasnet-v2')) skip('the optional networks for attack detection are not here');
    const live = await probabilities('live');
    const print = await probabilities('print');
    expect(median(live)).toBeGreaterThan(0.9);
    expect(live.filter((p) => p > 0.5).length / live.length).toBeGreaterThan(0.8);
    expect(Math.max(...print)).toBeLessThan(0.1);
  });

  it('takes no printed face for a living one in warm light or haze', async ({ skip }) => {
    if (!runner.has('minifasnet-v2')) skip('the optional networks for attack detection are not here');
    const changes = [
      { red: 1.2, blue: 0.6 },
      { red: 1.4, blue: 0.6 },
      { red: 0.85, blue: 1.25, gamma: 0.7, contrast: 0.75 },
    ];
    for (const change of changes) {
      const print = await probabilities('print', (bytes) => changed(bytes, { ...PLAIN, ...change }));
      expect(median(print)).toBeLessThan(passivePad.rejectBar);
      expect(print.filter((p) => p >= passivePad.acceptBar).length / print.length).toBeLessThan(0.2);
    }
  });
});

describe.skipIf(clipMissing !== null)(
  `on a clip of a blinking face${clipMissing ? ` (skipped: ${clipMissing})` : ''}`,
  () => {
    it('follows the face throughout, and sees both eyes close and open again', async () => {
      const { stdout, status } = spawnSync(
        'ffmpeg',
        // biome-ignore format: one option and its value together
        ['-v', 'error', '-t', '5', '-i', CLIP, '-vf', `scale=${CLIP_WIDTH}:${CLIP_HEIGHT}`,
        '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'],
        { maxBuffer: 2 ** 29 },
      );
      expect(status).toBe(0);
      const length = CLIP_WIDTH * CLIP_HEIGHT * 3;
      const frames = Math.floor(stdout.length / length);
      const openness: number[] = [];
      let region: FaceRegion | null = null;
      for (let i = 0; i < frames; i++) {
        const data = new Uint8Array(stdout.buffer, stdout.byteOffset + i * length, length);
        const image = { data, width: CLIP_WIDTH, height: CLIP_HEIGHT };
        const face: FaceAnalysis | null = await faceIn(image, NOTHING_MORE, region);
        expect(face?.followed).toBe(i > 0);
        if (face === null) continue;
        region = face.region;
        openness.push((face.eyes.imageLeft + face.eyes.imageRight) / 2);
      }
      const open = median(openness);
      const closed = openness.map((value) => value < 0.72 * open);
      const blinks = closed.filter((isClosed, i) => isClosed && !closed[i - 1]).length;
      expect(open).toBeGreaterThan(0.1);
      expect(blinks).toBeGreaterThanOrEqual(1);
      expect(closed.filter(Boolean).length / closed.length).toBeLessThan(0.3);
    });
  },
);
