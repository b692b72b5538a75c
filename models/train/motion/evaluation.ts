import { MOTION_FEATURES } from '../../../server/evidence/motion-features.ts';
import { MOST_LOG_ODDS, pooledMotion } from '../../../server/evidence/motion.ts';
import { logOdds } from '../../../server/evidence/log-odds.ts';
import { fitLogistic } from '../../evaluate/logistic.ts';
import { proportion, type Bounded } from '../../evaluate/proportion.ts';
import { summarise, windowsOf } from './measure.ts';
import type { MotionRunner } from './onnx-runner.ts';
import { isLiving, type RealKind, type RealStream } from './real-streams.ts';
import { areaUnderCurve } from './separation.ts';
import { isSimulatedLiving, type SimulatedKind, type SimulatedWindow } from './simulate.ts';

/** A stream whose pooled probability is below this counts as an attack found. */
const REPORT_BAR = 0.5;

/** Areas under the curve against all windows or streams of the other class, and the share below `REPORT_BAR`. */
interface KindFigures {
  readonly windows: number;
  readonly streams: number;
  readonly medianProbability: number;
  readonly auc: number;
  /** The same from the level of non-rigid residuals alone. */
  readonly baselineAuc: number;
}

interface RealFigures extends KindFigures {
  /** By pooled streams instead of windows. */
  readonly streamAuc: number;
  readonly baselineStreamAuc: number;
  /** Share of streams below the bar: found attacks, or people taken for one. */
  readonly belowBar: Bounded;
}

export interface MotionReport {
  readonly command: string;
  readonly backend: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly seed: number;
  readonly units: number;
  readonly epochs: number;
  readonly trainingWindows: number;
  readonly maxErrorAgainstTraining: number;
  readonly heldOutSimulation: {
    readonly windows: number;
    readonly auc: number;
    readonly baselineAuc: number;
    readonly kinds: Readonly<Record<string, Omit<KindFigures, 'streams'>>>;
  };
  readonly real: {
    readonly bar: number;
    /** From the log odds of a stream's pooled probability to its log-likelihood ratio; see `evidenceLine`. */
    readonly line: { readonly slope: number; readonly offset: number };
    /** Attacks against `live-webcam`, people that hold still, and against `live-clip`, people that talk and move. */
    readonly against: Readonly<Record<string, Readonly<Record<string, RealFigures>>>>;
    readonly living: Readonly<
      Record<string, Omit<RealFigures, 'auc' | 'baselineAuc' | 'streamAuc' | 'baselineStreamAuc'>>
    >;
  } | null;
}

const SOFT = MOTION_FEATURES.indexOf('soft-residual');

function baseline(window: Float32Array): number {
  return summarise(window, SOFT);
}

/** How the network tells simulated windows apart that it was not trained on. */
export function evaluateSimulation(
  windows: readonly SimulatedWindow[],
  probabilities: readonly number[],
): MotionReport['heldOutSimulation'] {
  const scored = windows.map(({ kind, window }, i) => ({
    kind,
    living: isSimulatedLiving(kind),
    probability: probabilities[i],
    baseline: baseline(window),
  }));
  const of = (living: boolean) => scored.filter((one) => one.living === living);
  const auc = (a: typeof scored, b: typeof scored, key: 'probability' | 'baseline') =>
    rounded(
      areaUnderCurve(
        a.map((one) => one[key]),
        b.map((one) => one[key]),
      ),
    );
  const kinds = [...new Set(scored.map(({ kind }) => kind))].toSorted();
  const figures = (kind: SimulatedKind) => {
    const own = scored.filter((one) => one.kind === kind);
    const living = isSimulatedLiving(kind);
    const others = of(!living);
    const separate = (key: 'probability' | 'baseline') =>
      living ? auc(own, others, key) : auc(others, own, key);
    return {
      windows: own.length,
      medianProbability: middle(own.map(({ probability }) => probability)),
      auc: separate('probability'),
      baselineAuc: separate('baseline'),
    };
  };
  return {
    windows: scored.length,
    auc: auc(of(true), of(false), 'probability'),
    baselineAuc: auc(of(true), of(false), 'baseline'),
    kinds: Object.fromEntries(kinds.map((kind) => [kind, figures(kind)])),
  };
}

interface ScoredStream {
  readonly kind: RealKind;
  readonly probabilities: readonly number[];
  readonly baselines: readonly number[];
}

/** How the exported network, as the server pools it, tells real people from real and pixel-drawn attacks. */
export async function evaluateRealStreams(
  streams: readonly RealStream[],
  runner: MotionRunner,
): Promise<NonNullable<MotionReport['real']>> {
  const scored: ScoredStream[] = [];
  for (const { kind, faces } of streams) {
    const windows = windowsOf(faces);
    if (windows.length === 0) continue;
    scored.push({
      kind,
      probabilities: await runner.probabilities(windows),
      baselines: windows.map(baseline),
    });
  }
  return figuresOf(scored);
}

/** All figures from what each stream's windows scored. */
export function figuresOf(scored: readonly ScoredStream[]): NonNullable<MotionReport['real']> {
  const kinds = [...new Set(scored.map(({ kind }) => kind))];
  const of = (kind: RealKind) => scored.filter((one) => one.kind === kind);
  const common = (own: readonly ScoredStream[]) => ({
    windows: own.reduce((sum, { probabilities }) => sum + probabilities.length, 0),
    streams: own.length,
    medianProbability: middle(own.flatMap(({ probabilities }) => probabilities)),
    belowBar: bounded(
      own.filter(({ probabilities }) => pooledMotion(probabilities) < REPORT_BAR).length,
      own.length,
    ),
  });
  const attack = (people: readonly ScoredStream[], own: readonly ScoredStream[]): RealFigures => {
    const auc = (pick: (one: ScoredStream) => readonly number[]) =>
      rounded(areaUnderCurve(people.flatMap(pick), own.flatMap(pick)));
    return {
      ...common(own),
      auc: auc(({ probabilities }) => probabilities),
      baselineAuc: auc(({ baselines }) => baselines),
      streamAuc: auc(({ probabilities }) => [pooledMotion(probabilities)]),
      baselineStreamAuc: auc(({ baselines }) => [pooledMotion(baselines)]),
    };
  };
  const living = kinds.filter(isLiving);
  const attacks = kinds.filter((kind) => !isLiving(kind));
  return {
    bar: REPORT_BAR,
    line: evidenceLine(scored),
    against: Object.fromEntries(
      living.map((people) => [
        people,
        Object.fromEntries(attacks.map((kind) => [kind, attack(of(people), of(kind))])),
      ]),
    ),
    living: Object.fromEntries(living.map((kind) => [kind, common(of(kind))])),
  };
}

/** Kinds of attack that weigh alike, however many streams there are of each. A photo that is fixed is too easy. */
const ATTACKS = [/^print/, /^photo-(in-hand|waved|bent|zoomed)/, /^replay/] as const;
const PEOPLE = [/^live-clip/, /^live-webcam/] as const;

/** Logistic regression over streams, groups of a class weighing alike. */
function evidenceLine(scored: readonly ScoredStream[]): { slope: number; offset: number } {
  const samples = [PEOPLE, ATTACKS].flatMap((groups, index) =>
    groups.flatMap((group) => {
      const own = scored.filter(({ kind }) => group.test(kind));
      return own.map(({ probabilities }) => ({
        features: [logOdds(pooledMotion(probabilities), MOST_LOG_ODDS)],
        isGenuine: index === 0,
        weight: 1 / own.length,
      }));
    }),
  );
  const isComplete = [true, false].every((side) => samples.some(({ isGenuine }) => isGenuine === side));
  if (!isComplete) return { slope: 0, offset: 0 };
  const { weights, offset } = fitLogistic(samples);
  return { slope: rounded(weights[0]), offset: rounded(offset) };
}

function bounded(count: number, trials: number): Bounded {
  const { value, low, high } = proportion(count, trials);
  return { value: rounded(value), low: rounded(low), high: rounded(high) };
}

function middle(values: readonly number[]): number {
  return rounded(pooledMotion(values));
}

function rounded(value: number): number {
  return Number(value.toFixed(3));
}
