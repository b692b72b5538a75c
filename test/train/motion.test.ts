import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MODEL_MANIFEST } from '../../models/manifest.ts';
import { packageRoot } from '../../models/package-root.ts';
import { readMeasured } from '../../models/train/motion/command.ts';
import { motionOnnx } from '../../models/train/motion/export-onnx.ts';
import { figuresOf, evaluateSimulation, type MotionReport } from '../../models/train/motion/evaluation.ts';
import { buildNetwork, predict, trainNetwork, weightsOf } from '../../models/train/motion/network.ts';
import { MotionRunner } from '../../models/train/motion/onnx-runner.ts';
import { photographSheet } from '../../models/train/motion/paper.ts';
import { Draws } from '../../models/train/motion/random.ts';
import { areaUnderCurve } from '../../models/train/motion/separation.ts';
import {
  isSimulatedLiving,
  simulateWindow,
  type SimulatedWindow,
} from '../../models/train/motion/simulate.ts';
import { Looker } from '../../models/train/motion/looker.ts';
import { windowsOf } from '../../models/train/motion/measure.ts';
import { pooledMotion } from '../../server/evidence/motion.ts';
import { OrtRunner } from '../../server/inference/ort-model.ts';
import { FrameAnalyzerCore } from '../../server/vision/analyze.ts';
import {
  createPerson,
  preparePortrait,
  type Presenter,
  SAMPLE_PORTRAITS,
  wavedPhoto,
} from '../../simulator/index.ts';
import { NOTHING_MORE, preparedModels } from '../vision/support.ts';
import { loadTensorFlow } from '../../models/train/tensorflow.ts';

const FOLDER = path.join(packageRoot(), 'models', 'train', 'motion');
const WINDOWS = 260;
/** Number of windows for a short training, which still reduces the loss. */
const TRAINED = 128;

let simulated: readonly SimulatedWindow[];
let scratch: string;

async function simulate(seed: number, count: number): Promise<SimulatedWindow[]> {
  const { meanFace } = await readMeasured();
  const draws = new Draws(seed);
  return Array.from({ length: count }, () => simulateWindow(meanFace, draws));
}

beforeAll(async () => {
  simulated = await simulate(20_261, WINDOWS);
  scratch = await mkdtemp(path.join(tmpdir(), 'veriframe-motion-'));
});

afterAll(() => rm(scratch, { recursive: true, force: true }));

describe('the simulation', () => {
  it('gives the same windows for the same seed and others for another', async () => {
    const again = await simulate(20_261, 3);
    expect(again).toEqual(simulated.slice(0, 3));
    expect(await simulate(20_262, 1)).not.toEqual(again.slice(0, 1));
  });

  it('contains about as many living faces as others, and only finite numbers', () => {
    const living = simulated.filter(({ kind }) => isSimulatedLiving(kind)).length;
    expect(living / WINDOWS).toBeGreaterThan(0.4);
    expect(living / WINDOWS).toBeLessThan(0.6);
    expect(simulated.every(({ window }) => window.every(Number.isFinite))).toBe(true);
  });
});

describe('the shipped network', () => {
  it('is the file of the manifest and of the report', async () => {
    const bytes = await readFile(path.join(FOLDER, 'motion.onnx'));
    const hash = createHash('sha256').update(bytes).digest('hex');
    const [source] = MODEL_MANIFEST.motion.sources;
    expect({ sha256: source?.sha256, bytes: source?.bytes }).toEqual({ sha256: hash, bytes: bytes.length });
    expect(await report()).toMatchObject({ sha256: hash, bytes: bytes.length });
  });

  it('classifies new simulated windows far better than their residuals alone', async () => {
    const runner = await MotionRunner.load(path.join(FOLDER, 'motion.onnx'));
    const probabilities = await runner.probabilities(simulated.map(({ window }) => window));
    const { auc, baselineAuc } = evaluateSimulation(simulated, probabilities);
    expect(auc).toBeGreaterThan(0.85);
    expect(auc).toBeGreaterThan(baselineAuc + 0.1);
  });

  it('separated real recordings in its report: people who move from photos, and from prints better than chance', async () => {
    const { real } = await report();
    expect(real).not.toBeNull();
    const { 'live-clip': moving, 'live-webcam': still } = real?.against ?? {};
    for (const style of ['fixed', 'in-hand', 'waved', 'bent', 'zoomed'])
      expect(moving?.[`photo-${style}`]?.auc).toBeGreaterThan(0.9);
    const print = still?.['print-webcam'];
    expect(print?.auc).toBeGreaterThan(0.7);
    expect(print?.auc).toBeGreaterThan((print?.baselineAuc ?? 1) + 0.3);
  });
});

describe('a worker', () => {
  it('evaluates the window that comes with a frame, with or without a face in the frame', async () => {
    const { blazeface, facemesh, iris, motion } = await preparedModels();
    if (!blazeface || !facemesh || !iris || !motion) throw new Error('the base tier is not prepared');
    const runner = await OrtRunner.load({ blazeface, facemesh, iris, motion });
    const core = new FrameAnalyzerCore(runner);
    const image = { width: 64, height: 48, data: new Uint8Array(3 * 64 * 48).fill(90) };
    const { window } = simulated[0];
    const asked = await core.analyze(image, null, { ...NOTHING_MORE, motion: window });
    const [expected] = await (await MotionRunner.load(motion)).probabilities([window]);
    expect(asked.livingMotionProbability).toBe(expected);
    expect(await core.analyze(image, null, NOTHING_MORE)).not.toHaveProperty('livingMotionProbability');
  });
});

describe('the motion cue from pixels', () => {
  it('separates a drawn living head from a waved photo of it, neither of which is training data', async () => {
    const portrait = await preparePortrait(SAMPLE_PORTRAITS.second);
    const person = await createPerson({ portrait, seed: 3 });
    person.perform('smile', 600);
    person.perform('blink', 2_200);
    const looker = await Looker.load();
    const runner = await MotionRunner.load(path.join(FOLDER, 'motion.onnx'));
    const scoreOf = async (presenter: Presenter) => {
      looker.startOver();
      const faces = [];
      for (let atMs = 0; atMs < 3_700; atMs += 100) {
        const face = await looker.look(await looker.decode(await presenter.frameAt(atMs)));
        if (face !== null) faces.push({ atMs, face });
      }
      return pooledMotion(await runner.probabilities(windowsOf(faces)));
    };
    expect(await scoreOf(person)).toBeGreaterThan(0.7);
    expect(await scoreOf(wavedPhoto(portrait, 5))).toBeLessThan(0.3);
  });
});

describe('training', () => {
  const settings = { seed: 5, units: 6, epochs: 2, batchSize: 32, learningRate: 0.01 } as const;

  it('reduces the loss, and ONNX Runtime gives TensorFlow.js’s result to 1e-4', async () => {
    const { tf } = await loadTensorFlow();
    const some = simulated.slice(0, TRAINED);
    const windows = some.map(({ window }) => window);
    const living = some.map(({ kind }) => (isSimulatedLiving(kind) ? 1 : 0));
    const losses: number[] = [];
    const network = await trainNetwork(
      tf,
      { windows, living },
      { ...settings, onEpoch: (_, loss) => losses.push(loss) },
    );
    expect(losses[1]).toBeLessThan(losses[0]);

    const file = path.join(scratch, 'trained.onnx');
    await writeFile(file, motionOnnx(await weightsOf(network, settings.units)));
    const exported = await (await MotionRunner.load(file)).probabilities(windows);
    const trained = await predict(tf, network, windows);
    const errors = exported.map((value, i) => Math.abs(value - trained[i]));
    expect(Math.max(...errors)).toBeLessThan(1e-4);
    expect(Math.max(...exported) - Math.min(...exported)).toBeGreaterThan(0.1);
  });

  it('starts from the same weights for the same seed', async () => {
    const { tf } = await loadTensorFlow();
    const weights = (seed: number) => weightsOf(buildNetwork(tf, 4, seed), 4);
    expect(await weights(8)).toEqual(await weights(8));
    expect(await weights(8)).not.toEqual(await weights(9));
  });
});

describe('the measures', () => {
  it('area under the curve counts pairs in order, ties half', () => {
    expect(areaUnderCurve([2, 3], [0, 1])).toBe(1);
    expect(areaUnderCurve([0, 1], [2, 3])).toBe(0);
    expect(areaUnderCurve([1, 1], [1, 1, 1])).toBe(0.5);
    expect(areaUnderCurve([3, 1], [2])).toBe(0.5);
    expect(areaUnderCurve([2, 1], [1])).toBe(0.75);
  });

  it('figures pool each stream and count the streams below the bar', () => {
    const scored = [
      { kind: 'live-webcam' as const, probabilities: [0.9, 0.8, 0.1], baselines: [1, 1, 1] },
      { kind: 'live-webcam' as const, probabilities: [0.2, 0.3, 0.9], baselines: [1, 1, 1] },
      { kind: 'print-webcam' as const, probabilities: [0.1, 0.2, 0.1], baselines: [2, 2, 2] },
    ];
    const { living, against } = figuresOf(scored);
    expect(living['live-webcam']).toMatchObject({ windows: 6, streams: 2, belowBar: { value: 0.5 } });
    expect(against['live-webcam']?.['print-webcam']).toMatchObject({
      streams: 1,
      streamAuc: 1,
      baselineStreamAuc: 0,
      belowBar: { value: 1 },
    });
  });

  it('a sheet held straight shows its picture in place, and one turned away is narrower', () => {
    const side = 64;
    const sheet = { width: side, height: side, data: new Uint8Array(3 * side * side).fill(255) };
    const straight = { yaw: 0, pitch: 0, roll: 0, right: 0, down: 0, away: 0, bend: 0 };
    const lit = (hold: typeof straight) => {
      const out = { width: side, height: side, data: new Uint8Array(3 * side * side) };
      photographSheet(sheet, hold, out, 0);
      const row = out.data.subarray((3 * side * side) / 2, (3 * side * side) / 2 + 3 * side);
      return row.filter((value) => value > 0).length / row.length;
    };
    expect(lit(straight)).toBeGreaterThan(0.9);
    expect(lit({ ...straight, yaw: 1 })).toBeLessThan(0.65);
    expect(lit({ ...straight, away: 0.9 })).toBeCloseTo(0.475, 1);
    expect(lit({ ...straight, right: 0.5 })).toBeLessThan(0.55);
  });
});

async function report(): Promise<MotionReport> {
  return JSON.parse(await readFile(path.join(FOLDER, 'report.json'), 'utf8')) as MotionReport;
}
