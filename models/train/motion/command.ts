import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readArguments, wholeNumber } from '../../evaluate/arguments.ts';
import { sha256 } from '../../file-stamp.ts';
import { packageRoot } from '../../package-root.ts';
import { loadTensorFlow } from '../tensorflow.ts';
import { TrainError } from '../train-error.ts';
import { motionOnnx } from './export-onnx.ts';
import { evaluateRealStreams, evaluateSimulation, type MotionReport } from './evaluation.ts';
import { measure, type Measured } from './measure.ts';
import { predict, trainNetwork, weightsOf } from './network.ts';
import { MotionRunner } from './onnx-runner.ts';
import { Draws } from './random.ts';
import { realStreams, type RealStream } from './real-streams.ts';
import { isSimulatedLiving, simulateWindow, type SimulatedWindow } from './simulate.ts';

const FOLDER = path.join('models', 'train', 'motion');
const UNITS = 24;
const BATCH_SIZE = 64;
const LEARNING_RATE = 0.005;
/** Largest allowed difference of a probability between ONNX Runtime and the trained network. */
const MAX_ERROR = 1e-4;

/**
 * The constants that `train measure` wrote.
 * @throws TrainError when the file is missing
 */
export async function readMeasured(): Promise<Measured> {
  const file = path.join(packageRoot(), FOLDER, 'measured.json');
  const text = await readFile(file, 'utf8').catch(() => {
    throw new TrainError(`${file} is missing: run "npm run train -- measure --data DIR".`);
  });
  return JSON.parse(text) as Measured;
}

/**
 * Trains, exports, checks and evaluates the network.
 * @returns the exit code
 * @throws TrainError or EvaluateError on wrong usage or data
 */
export async function runMotionTraining(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const { meanFace } = await readMeasured();
  const { tf, backend } = await loadTensorFlow();
  say(`simulating ${options.windows} windows`);
  const training = simulate(meanFace, options.seed, options.windows);
  const heldOut = simulate(meanFace, options.seed + 1, Math.ceil(options.windows / 6));
  const network = await trainNetwork(
    tf,
    {
      windows: training.map(({ window }) => window),
      living: training.map(({ kind }) => (isSimulatedLiving(kind) ? 1 : 0)),
    },
    {
      seed: options.seed,
      units: UNITS,
      epochs: options.epochs,
      batchSize: BATCH_SIZE,
      learningRate: LEARNING_RATE,
      onEpoch: (epoch, loss) => say(`epoch ${epoch + 1} of ${options.epochs}, loss ${loss.toFixed(4)}`),
    },
  );

  const onnx = motionOnnx(await weightsOf(network, UNITS));
  await mkdir(options.out, { recursive: true });
  const file = path.join(options.out, 'motion.onnx');
  await writeFile(file, onnx);
  const runner = await MotionRunner.load(file);
  const trained = await predict(
    tf,
    network,
    heldOut.map(({ window }) => window),
  );
  const exported = await runner.probabilities(heldOut.map(({ window }) => window));
  const maxError = exported.reduce((worst, value, i) => Math.max(worst, Math.abs(value - trained[i])), 0);
  if (!(maxError < MAX_ERROR)) throw new TrainError(`The exported network differs by ${maxError}.`);

  const real: readonly RealStream[] =
    options.data === null
      ? []
      : await realStreams({
          data: options.data,
          seed: options.seed,
          photos: options.photos,
          onStream: ({ kind, name, faces }) => say(`${kind} ${name}: ${faces.length} faces`),
        });
  const realOptions = options.data === null ? '' : ` --data DIR --photos ${options.photos}`;
  const report: MotionReport = {
    command: `npm run train -- motion --seed ${options.seed} --windows ${options.windows} --epochs ${options.epochs}${realOptions}`,
    backend,
    sha256: sha256(onnx),
    bytes: onnx.length,
    seed: options.seed,
    units: UNITS,
    epochs: options.epochs,
    trainingWindows: training.length,
    maxErrorAgainstTraining: maxError,
    heldOutSimulation: evaluateSimulation(heldOut, exported),
    real: real.length === 0 ? null : await evaluateRealStreams(real, runner),
  };
  await writeFile(path.join(options.out, 'report.json'), readableJson(report));
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  say(`${file}: sha256 ${report.sha256}, ${report.bytes} bytes (models/manifest.ts holds both)`);
  return 0;
}

/**
 * Measures real recordings for the simulation.
 * @returns the exit code
 * @throws TrainError or EvaluateError on wrong usage or data
 */
export async function runMotionMeasure(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options.data === null) throw new TrainError('--data is missing.');
  const streams = await realStreams({ data: options.data, seed: options.seed, photos: options.photos });
  const measured = measure(
    streams,
    `npm run train -- measure --data DIR --seed ${options.seed} --photos ${options.photos}`,
  );
  await writeFile(path.join(options.out, 'measured.json'), readableJson(measured));
  process.stdout.write(`${JSON.stringify(measured, null, 2)}\n`);
  return 0;
}

/** JSON with two spaces of indentation, and lists of numbers on one line. */
function readableJson(value: unknown): string {
  const text = JSON.stringify(value, null, 2);
  return `${text.replaceAll(/\[\s+([^[\]{}]*?)\s+\]/g, (_, inner: string) => `[${inner.replaceAll(/\s+/g, ' ')}]`)}\n`;
}

function simulate(meanFace: Measured['meanFace'], seed: number, count: number): SimulatedWindow[] {
  const draws = new Draws(seed);
  return Array.from({ length: count }, () => simulateWindow(meanFace, draws));
}

interface Options {
  readonly data: string | null;
  readonly seed: number;
  readonly windows: number;
  readonly epochs: number;
  readonly photos: number;
  readonly out: string;
}

function readOptions(args: readonly string[]): Options {
  const text = { type: 'string' } as const;
  const values = readArguments(args, {
    data: text,
    seed: text,
    windows: text,
    epochs: text,
    photos: text,
    out: text,
  });
  return {
    data: values.data ?? null,
    seed: wholeNumber('seed', values.seed, 0, 1),
    windows: wholeNumber('windows', values.windows, 12, 12_000),
    epochs: wholeNumber('epochs', values.epochs, 1, 14),
    photos: wholeNumber('photos', values.photos, 0, 60),
    out: values.out ?? path.join(packageRoot(), FOLDER),
  };
}
