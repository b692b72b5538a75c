import { existsSync, readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../models/package-root.ts';
import { loadPrepared } from '../models/prepared.ts';
import { modelCacheDir } from '../models/prepare/settings.ts';
import { OrtRunner } from '../server/inference/ort-model.ts';
import { FrameAnalyzerCore } from '../server/vision/analyze.ts';
import {
  preparePortrait,
  FlatPuppet,
  SAMPLE_PORTRAITS,
  stillPhoto,
  wavedPhoto,
  type Portrait,
  type ShownStatus,
} from '../simulator/index.ts';
import { seededDraws } from '../simulator/seeded.ts';
import { PAPERS, reliefOf, type Shape } from './cues/reliefs.ts';
import { report, reliefTable, type Row } from './cues/report.ts';
import { examine } from './cues/streams.ts';
import { measureTurns } from './cues/turns.ts';
import { clipPictures, folderPictures, presented, watch, type Picture, type Watched } from './cues/watch.ts';

const USAGE = `Measurements of depth parallax, injection indicators and depth on recordings, photos and puppets.

  --data DIR     holds nuaa-dev/, clips-dev/ and lfw-dev/ (default ../shared/data; without it three sample faces serve)
  --photos N     photos of lfw-dev that are waved (default 6)
  --out DIR      where cues.json goes (default reports/cues)
`;

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: path.resolve(packageRoot(), '..', 'shared', 'data') },
    photos: { type: 'string', default: '6' },
    out: { type: 'string', default: 'reports/cues' },
    help: { type: 'boolean', default: false },
  },
});

const TURN_EVERY_MS = 2_200;
const WAVED_FPS = 12;
const STREAM_FPS = 25;
const LOOP_SECONDS = 3;

if (values.help) process.stdout.write(USAGE);
else await measure();

async function measure(): Promise<void> {
  const { models } = await loadPrepared(modelCacheDir());
  const { blazeface, facemesh, iris } = models;
  if (!blazeface || !facemesh || !iris) throw new Error('The models are not prepared: run `npm run models`.');
  const core = new FrameAnalyzerCore(await OrtRunner.load({ blazeface, facemesh, iris }));
  const rows: Row[] = [];
  const shapes: Shape[] = [];
  const add = (kind: string, name: string, watched: Watched, step = 1) => {
    if (watched.length === 0) return;
    rows.push({ kind, name, turns: measureTurns(watched), stream: examine(watched, step) });
    process.stderr.write(`${kind} ${name}\n`);
  };
  for await (const [kind, name, pictures] of recordings()) {
    const watched = await watch(core, pictures);
    add(kind, name, watched);
    const [first] = watched;
    if (kind !== 'printed photo' && kind !== 'played again' && first !== undefined) {
      const { landmarks, quality } = first.face;
      const { width, height } = first.analysis;
      shapes.push({ landmarks, interEyePx: quality.interEyePx, width, height });
    }
    if (kind === 'played again') add('played again, at half the rate', name, watched, 2);
  }
  for (const [i, portrait] of (await portraits()).entries()) {
    const name = `${i + 1}`;
    for (const turnDeg of [30, 50, 65]) {
      const photo = asked(wavedPhoto(portrait, 100 + i, { turnDeg }));
      add(
        `photo turned by ${turnDeg}°`,
        name,
        await watch(core, presented(photo, 2 * TURN_EVERY_MS, WAVED_FPS)),
      );
    }
    const pipe = asked(wavedPhoto(portrait, 100 + i, { turnDeg: 40, bendShare: 0, pipeShare: 0.35 }));
    add('photo as half a pipe', name, await watch(core, presented(pipe, 2 * TURN_EVERY_MS, WAVED_FPS)));
    const puppet = new FlatPuppet(portrait, { seed: 10 + i });
    for (let turn = 0; turn < 4; turn++) puppet.perform('turn-left', 300 + TURN_EVERY_MS * turn);
    add('puppet', name, await watch(core, presented(puppet, 4 * TURN_EVERY_MS + 500, STREAM_FPS)));
    add('still photo', name, await watch(core, presented(stillPhoto(portrait, i), 2_400, STREAM_FPS)));
  }
  const reliefs = measureReliefs(shapes);
  process.stdout.write(`${report(rows)}\n\n${reliefTable(reliefs)}\n`);
  await mkdir(values.out, { recursive: true });
  await writeFile(path.join(values.out, 'cues.json'), JSON.stringify({ rows, reliefs }, null, 1));
}

/**
 * Recordings in the data folder: people, printed photos, and clips that are played three times in different encodings.
 */
async function* recordings(): AsyncGenerator<[string, string, AsyncIterable<Picture>]> {
  for (const [kind, name] of [
    ['person', 'live'],
    ['printed photo', 'print'],
  ] as const) {
    const folder = path.join(values.data, 'nuaa-dev', name);
    for (const recording of existsSync(folder) ? readdirSync(folder).toSorted() : [])
      yield [kind, `nuaa ${recording}`, folderPictures(path.join(folder, recording))];
  }
  const folder = path.join(values.data, 'clips-dev');
  for (const clip of existsSync(folder) ? readdirSync(folder).toSorted() : []) {
    const file = path.join(folder, clip);
    yield ['person in a clip', clip, inOrder(await clipPictures(file))];
    const part = { fromS: 0, seconds: LOOP_SECONDS };
    const passes = [
      await clipPictures(file, { ...part, quality: 3 }),
      await clipPictures(file, { ...part, quality: 12 }),
      (await clipPictures(file, { ...part, quality: 6, share: 0.75 })).toReversed(),
    ];
    yield ['played again', clip, inOrder(oneAfterAnother(passes))];
  }
}

async function* inOrder(pictures: readonly Picture[]): AsyncGenerator<Picture> {
  yield* pictures;
}

function oneAfterAnother(passes: readonly (readonly Picture[])[]): Picture[] {
  const stepMs = passes[0][1].atMs - passes[0][0].atMs;
  return passes.flat().map(({ jpeg }, i) => ({ atMs: i * stepMs, jpeg }));
}

async function portraits(): Promise<Portrait[]> {
  const folder = path.join(values.data, 'lfw-dev');
  if (!existsSync(folder))
    return await Promise.all(Object.values(SAMPLE_PORTRAITS).map((source) => preparePortrait(source)));
  const people = readdirSync(folder).toSorted();
  const every = Math.max(1, Math.floor(people.length / Number(values.photos)));
  const prepared: Portrait[] = [];
  for (const name of people.filter((_, i) => i % every === 7 % every).slice(0, Number(values.photos))) {
    // A photo in which the detector finds no face cannot be used.
    const portrait = await preparePortrait({ image: path.join(folder, name, `${name}_0001.jpg`) }).catch(
      () => null,
    );
    if (portrait !== null) prepared.push(portrait);
  }
  return prepared;
}

/** The same photo after challenges to turn left and right. */
function asked(photo: ReturnType<typeof wavedPhoto>): ReturnType<typeof wavedPhoto> {
  for (const [i, kind] of (['turn-left', 'turn-right'] as const).entries()) {
    const challenge = { kind, number: i + 1, of: 2, remainingMs: 4_000, skippable: false };
    const status: ShownStatus = { phase: 'challenging', progress: 0, challenge };
    photo.onStatus?.(status, 300 + i * TURN_EVERY_MS);
  }
  return photo;
}

function measureReliefs(shapes: readonly Shape[]): Record<string, number[]> {
  const draw = seededDraws(3);
  const found: Record<string, number[]> = {};
  for (const noiseMm of [1, 3, 6]) {
    for (const [i, shape] of shapes.entries()) {
      const other = shapes[(i + 5) % shapes.length];
      for (const [name, surface] of [['another person', other] as const, ...Object.entries(PAPERS)]) {
        const relief = reliefOf(shape, surface, noiseMm, draw);
        if (relief !== null) (found[name] ??= []).push(relief);
      }
    }
  }
  return found;
}
