import { median } from '../../../server/evidence/sample.ts';
import { proportion, type Bounded } from '../../evaluate/proportion.ts';
import { hash32 } from '../../../simulator/seeded.ts';
import { shuffled } from '../../evaluate/seeded-random.ts';
import { areaUnderCurve } from '../motion/separation.ts';
import { Draws } from '../motion/random.ts';
import type { TensorFlow } from '../tensorflow.ts';
import { padProbability, trainPadNetwork, type TrainingOptions, type TrainingSample } from './network.ts';
import type { PadSample } from './samples.ts';

export interface JudgeOptions extends TrainingOptions {
  /** People are split into so many parts; each is judged by a network that has seen none of it. */
  readonly folds: number;
  /** Share of the teacher in the target of a recorded picture, 0..1; the rest is the label. */
  readonly teacherShare: number;
}

/** What a network may learn from, by its name in the report. */
export interface Diet {
  readonly name: string;
  readonly may: (sample: PadSample) => boolean;
}

/** A recording's pooled score from a network that never saw its person. */
export interface JudgedRecording {
  readonly recording: string;
  readonly person: string;
  readonly presentation: PadSample['presentation'];
  readonly simulated: boolean;
  /** Median over its frames as recorded, 0..1. */
  readonly score: number;
  /** Median over its changed frames; null without any. */
  readonly changedScore: number | null;
  /** Median of the teacher over the same frames; null without its weights. */
  readonly teacherScore: number | null;
}

/** Figures of recorded attacks against living recordings, by recording. */
export interface Figures {
  readonly living: number;
  readonly attacks: number;
  readonly auc: number;
  /** At the bar that 5 % of the living recordings miss: chosen on what is judged, so a favourable figure. */
  readonly apcerAtBpcer5: Bounded;
  /** At .5, which nobody chose. */
  readonly apcerAtHalf: Bounded;
  readonly bpcerAtHalf: Bounded;
}

const BPCER = 0.05;

/** The samples of one part of the people, and those of all others. */
export function splitByPerson(
  samples: readonly PadSample[],
  part: number,
  parts: number,
): { readonly left: readonly PadSample[]; readonly others: readonly PadSample[] } {
  const isLeft = ({ person }: PadSample) => hash32(...Buffer.from(person)) % parts === part;
  return { left: samples.filter(isLeft), others: samples.filter((sample) => !isLeft(sample)) };
}

/** The samples as a network learns them, in an order of the seed. */
export function trainingSet(
  samples: readonly PadSample[],
  { seed, teacherShare }: Pick<JudgeOptions, 'seed' | 'teacherShare'>,
): TrainingSample[] {
  // Each species weighs alike, recorded and simulated ones apart, and living people as much as all attacks together.
  const speciesOf = ({ presentation, simulated }: PadSample) => `${presentation} ${simulated}`;
  const counts = new Map<string, number>();
  for (const sample of samples) counts.set(speciesOf(sample), (counts.get(speciesOf(sample)) ?? 0) + 1);
  const species = [...counts.keys()].filter((name) => !name.startsWith('live ')).length;
  const draws = new Draws(seed);
  return shuffled(samples, () => draws.unit()).map((sample) => {
    const isLive = sample.presentation === 'live';
    const label = isLive ? 1 : 0;
    // The teacher knows nothing of simulated displays: it takes half of them for faces.
    const share = sample.teacher === null || sample.simulated ? 0 : teacherShare;
    return {
      features: sample.features,
      target: (1 - share) * label + share * (sample.teacher ?? 0),
      weight: samples.length / (2 * (counts.get(speciesOf(sample)) ?? 1) * (isLive ? 1 : species)),
    };
  });
}

/** Trains one network for each part of the people, and judges that part with it. */
export async function judgePeopleLeftOut(
  tf: TensorFlow,
  samples: readonly PadSample[],
  diet: Diet,
  options: JudgeOptions,
): Promise<JudgedRecording[]> {
  const judged: JudgedRecording[] = [];
  for (let fold = 0; fold < options.folds; fold++) {
    const { left, others } = splitByPerson(samples, fold, options.folds);
    if (left.length === 0) continue;
    const learned = others.filter((sample) => diet.may(sample));
    const weights = await trainPadNetwork(tf, trainingSet(learned, options), options);
    for (const recording of new Set(left.map((sample) => sample.recording))) {
      const own = left.filter((sample) => sample.recording === recording);
      const scoresOf = (some: readonly PadSample[]) =>
        some.map(({ features }) => padProbability(weights, features));
      const plain = own.filter(({ variant }) => variant === 0);
      const changedOnes = own.filter(({ variant }) => variant > 0);
      const { person, presentation, simulated } = own[0];
      const teachers = plain.flatMap(({ teacher }) => (teacher === null ? [] : [teacher]));
      judged.push({
        recording,
        person,
        presentation,
        simulated,
        score: median(scoresOf(plain)),
        changedScore: changedOnes.length === 0 ? null : median(scoresOf(changedOnes)),
        teacherScore: teachers.length === 0 ? null : median(teachers),
      });
    }
  }
  return judged;
}

/** Figures of recorded attacks (those that `of` picks) against recorded living people. */
export function figuresOf(
  judged: readonly JudgedRecording[],
  of: (recording: JudgedRecording) => boolean,
  scoreOf: (recording: JudgedRecording) => number | null = ({ score }) => score,
): Figures | null {
  const scores = (some: readonly JudgedRecording[]) =>
    some.map(scoreOf).filter((score): score is number => score !== null);
  const living = scores(judged.filter(({ presentation }) => presentation === 'live')).toSorted(
    (a, b) => a - b,
  );
  const attacks = scores(judged.filter((one) => one.presentation !== 'live' && of(one)));
  if (living.length === 0 || attacks.length === 0) return null;
  const bar = living[Math.floor(BPCER * living.length)];
  return {
    living: living.length,
    attacks: attacks.length,
    auc: rounded(areaUnderCurve(living, attacks)),
    apcerAtBpcer5: bounded(attacks.filter((score) => score >= bar).length, attacks.length),
    apcerAtHalf: bounded(attacks.filter((score) => score >= 0.5).length, attacks.length),
    bpcerAtHalf: bounded(living.filter((score) => score < 0.5).length, living.length),
  };
}

function bounded(count: number, of: number): Bounded {
  const { value, low, high } = proportion(count, of);
  return { value: rounded(value), low: rounded(low), high: rounded(high) };
}

function rounded(value: number): number {
  return Number(value.toFixed(3));
}
