import { OrtRunner } from '../../../server/inference/ort-model.ts';
import { MOTION_FEATURE_COUNT, MOTION_STEPS } from '../../../server/evidence/motion-features.ts';

/** The exported network in ONNX Runtime, as the server runs it. */
export class MotionRunner {
  readonly #runner: OrtRunner;

  private constructor(runner: OrtRunner) {
    this.#runner = runner;
  }

  static async load(file: string): Promise<MotionRunner> {
    return new MotionRunner(await OrtRunner.load({ motion: file }));
  }

  /** Probability of living motion, 0..1, for each window. */
  async probabilities(windows: readonly Float32Array[]): Promise<number[]> {
    const probabilities: number[] = [];
    for (const window of windows) {
      const [output] = await this.#runner.run('motion', window, [1, MOTION_STEPS, MOTION_FEATURE_COUNT]);
      probabilities.push(output.data[0]);
    }
    return probabilities;
  }
}
