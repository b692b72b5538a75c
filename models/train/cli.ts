import { EvaluateError } from '../evaluate/evaluate-error.ts';
import { runCalibration } from './calibrate/command.ts';
import { runMotionMeasure, runMotionTraining } from './motion/command.ts';
import { runPadTraining } from './pad/command.ts';
import { TrainError } from './train-error.ts';

const USAGE = `Usage: npm run train -- motion [options]
Trains the network that separates living motion from photos, prints and frozen images, on simulated faces only, and
writes models/train/motion/motion.onnx and report.json beside it.

  --data DIR      evaluate it on real recordings too: DIR holds clips-dev, nuaa-dev and lfw-dev
  --seed N        seed of all random numbers (1)
  --windows N     simulated windows for training (12000)
  --epochs N      training epochs (14)
  --photos N      photographs held before a camera, with --data (60)
  --out DIR       where the files go (models/train/motion)

       npm run train -- measure --data DIR
Measures real recordings, to which the simulation is fitted, and writes models/train/motion/measured.json.

       npm run train -- pad --data DIR [options]
Trains a small network for passive PAD on recordings and on simulated recaptures of the living ones, judges it on people
that it never saw, and writes pad.onnx and report.json. Words in the paths, such as live, print, screen or phone, say what
a recording shows.

  --data DIR      recordings: folders of frames and videos
  --seed N        seed of all random numbers (1)
  --frames N      frames of each recording (8)
  --variants N    changed pictures of each frame (2)
  --epochs N      training epochs (30)
  --teacher N     share of the full tier's networks in what is learned of recorded pictures, in percent (30)
  --features FILE keeps what was measured, and takes it from there when it is
  --out DIR       where the files go (reports/train-pad)

       npm run train -- calibrate [--sessions FILE] [--attacks A,B] [--out FILE]
Fits the cues' log-likelihood ratios to the sessions that "npm run evaluate -- pad" wrote (reports/pad/sessions.jsonl)
and writes reports/calibration/report.json.`;

/** `train <what> [options]`. Returns the exit code: 0 done, 2 wrong usage or data. */
async function main([what, ...args]: readonly string[]): Promise<number> {
  try {
    if (what === 'motion') return await runMotionTraining(args);
    if (what === 'measure') return await runMotionMeasure(args);
    if (what === 'pad') return await runPadTraining(args);
    if (what === 'calibrate') return await runCalibration(args);
    process.stderr.write(`${USAGE}\n`);
    return what === '--help' ? 0 : 2;
  } catch (error) {
    if (!(error instanceof TrainError || error instanceof EvaluateError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    return 2;
  }
}

process.exitCode = await main(process.argv.slice(2));
