import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { OrtRunner } from '../../../server/inference/ort-model.ts';
import { FrameAnalyzerCore } from '../../../server/vision/analyze.ts';
import { readArguments, wholeNumber } from '../../evaluate/arguments.ts';
import { findRecordings, type Recording } from '../../evaluate/pad/recordings.ts';
import { readIndexes } from '../../evaluate/pad/recording-index.ts';
import { sha256 } from '../../file-stamp.ts';
import { PAD_MODELS } from '../../ids.ts';
import { packageRoot } from '../../package-root.ts';
import { loadPrepared } from '../../prepared.ts';
import { modelCacheDir } from '../../prepare/settings.ts';
import { loadTensorFlow } from '../tensorflow.ts';
import { TrainError } from '../train-error.ts';
import { PAD_FEATURES } from './features.ts';
import { diets } from './diets.ts';
import { judgePeopleLeftOut, trainingSet, type JudgeOptions } from './judge.ts';
import { padOnnx, trainPadNetwork } from './network.ts';
import { padReport } from './report.ts';
import { padSamples, type PadSample } from './samples.ts';

const UNITS = 12;
const FOLDS = 6;
const TEACHER_PERCENT = 30;

/**
 * Measures recordings, judges networks that have not seen the judged people, trains one on all, and writes it.
 * @returns the exit code
 * @throws TrainError or EvaluateError on wrong usage or data
 */
export async function runPadTraining(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  const samples = await measured(options);
  requireBothClasses(samples);
  const { tf, backend } = await loadTensorFlow();
  const { seed, epochs, teacherPercent } = options;
  const training: JudgeOptions = {
    seed,
    units: UNITS,
    epochs,
    folds: FOLDS,
    teacherShare: teacherPercent / 100,
  };
  const judged = [];
  for (const diet of diets(samples)) {
    judged.push({ diet: diet.name, recordings: await judgePeopleLeftOut(tf, samples, diet, training) });
    say(`judged: ${diet.name}`);
  }
  const onnx = padOnnx(await trainPadNetwork(tf, trainingSet(samples, training), training));
  await mkdir(options.out, { recursive: true });
  const report = padReport({
    command: `npm run train -- pad --data DIR --seed ${seed} --frames ${options.frames} --variants ${options.variants} --epochs ${epochs} --teacher ${teacherPercent}`,
    judged,
    samples,
    training,
    backend,
    sha256: sha256(onnx),
    bytes: onnx.length,
  });
  await writeFile(path.join(options.out, 'pad.onnx'), onnx);
  await writeFile(path.join(options.out, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  say(
    report.reachesAim
      ? 'It reaches the aim on people and species that it never saw.'
      : 'It does not reach the aim on people and species that it never saw: do not decide by it.',
  );
  say(`${path.join(options.out, 'pad.onnx')}: sha256 ${report.sha256}, ${report.bytes} bytes`);
  return 0;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function measured({ data, seed, frames, variants, features }: Options): Promise<readonly PadSample[]> {
  if (features !== null && existsSync(features)) {
    const kept = JSON.parse(await readFile(features, 'utf8')) as { names: string[]; samples: PadSample[] };
    if (kept.names.join() !== PAD_FEATURES.join()) throw new TrainError(`${features} holds other features.`);
    return kept.samples;
  }
  const { recordings, notices } = await findRecordings(data);
  for (const notice of notices) say(`notice: ${notice}`);
  const indexed = await readIndexes(data);
  const personOf = (name: string) => indexed.get(name)?.person ?? personByName(name);
  const core = await loadCore();
  const samples: PadSample[] = [];
  for (const recording of recordings.filter(isOfUse)) {
    for await (const sample of padSamples(core, recording, { seed, frames, variants, personOf }))
      samples.push(sample);
    say(`${recording.presentation} ${recording.name}: ${samples.length} samples`);
  }
  if (features !== null)
    await writeFile(features, JSON.stringify({ names: PAD_FEATURES, samples: samples.map(shortened) }));
  return samples;
}

/** The last part of a path, without an extension: `live/anna.mp4` and `print/anna` are of one person. */
export function personByName(name: string): string {
  return path.posix.parse(name).name;
}

/** An injected video is no presentation: there is nothing in its pixels that this network could find. */
function isOfUse({ presentation, name }: Recording): boolean {
  return presentation !== 'injected' && !/\bdepth\.\w+$/.test(name);
}

function shortened(sample: PadSample): PadSample {
  return { ...sample, features: sample.features.map((value) => Number(value.toPrecision(6))) };
}

function requireBothClasses(samples: readonly PadSample[]): void {
  const people = new Set(
    samples.filter(({ presentation }) => presentation === 'live').map(({ person }) => person),
  );
  if (people.size < FOLDS) {
    throw new TrainError(
      `${people.size} living people were found; ${FOLDS} are needed. Words in the paths say what a recording shows: live, print, screen, phone.`,
    );
  }
}

async function loadCore(): Promise<FrameAnalyzerCore> {
  const { models } = await loadPrepared(modelCacheDir());
  const { blazeface, facemesh, iris } = models;
  if (!blazeface || !facemesh || !iris)
    throw new TrainError('The models are not prepared: run "npm run models".');
  const teacher = PAD_MODELS.flatMap((id) => (models[id] === undefined ? [] : [[id, models[id]] as const]));
  if (teacher.length === 0)
    say('notice: without the networks of the full tier there is no teacher, only labels');
  return new FrameAnalyzerCore(
    await OrtRunner.load({ blazeface, facemesh, iris, ...Object.fromEntries(teacher) }),
  );
}

interface Options {
  readonly data: string;
  readonly seed: number;
  readonly frames: number;
  readonly variants: number;
  readonly epochs: number;
  readonly teacherPercent: number;
  readonly features: string | null;
  readonly out: string;
}

function readOptions(args: readonly string[]): Options {
  const text = { type: 'string' } as const;
  const values = readArguments(args, {
    data: text,
    seed: text,
    frames: text,
    variants: text,
    epochs: text,
    teacher: text,
    features: text,
    out: text,
  });
  if (values.data === undefined) throw new TrainError('--data is missing.');
  return {
    data: values.data,
    seed: wholeNumber('seed', values.seed, 0, 1),
    frames: wholeNumber('frames', values.frames, 1, 8),
    variants: wholeNumber('variants', values.variants, 0, 2),
    epochs: wholeNumber('epochs', values.epochs, 1, 30),
    teacherPercent: wholeNumber('teacher', values.teacher, 0, TEACHER_PERCENT),
    features: values.features ?? null,
    out: values.out ?? path.join(packageRoot(), 'reports', 'train-pad'),
  };
}
