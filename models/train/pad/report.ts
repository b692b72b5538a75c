import { figuresOf, type Figures, type JudgedRecording, type JudgeOptions } from './judge.ts';
import { EVERYTHING, WITHOUT } from './diets.ts';
import { PAD_FEATURES } from './features.ts';
import type { PadSample } from './samples.ts';

interface Made {
  readonly command: string;
  readonly judged: readonly { readonly diet: string; readonly recordings: readonly JudgedRecording[] }[];
  readonly samples: readonly PadSample[];
  readonly training: JudgeOptions;
  readonly backend: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** From where on a network may decide: by recording, on people that it never saw, at a BPCER of 5 %. */
export const AIM = { auc: 0.98, apcer: 0.05, bpcer: 0.05 } as const;

export interface PadTrainingReport {
  readonly command: string;
  readonly backend: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly training: JudgeOptions;
  readonly features: number;
  readonly samples: number;
  readonly people: number;
  readonly aim: typeof AIM;
  /** Whether recorded attacks on people that the network never saw are told well enough, even a species left out. */
  readonly reachesAim: boolean;
  /** Recorded attacks against living recordings, all judged by networks that had not seen the person. */
  readonly diets: Readonly<Record<string, Readonly<Record<string, Figures | null>>>>;
  /** The networks of the full tier on the same frames. */
  readonly teacher: Figures | null;
}

export function padReport({ judged, samples, training, ...file }: Made): PadTrainingReport {
  const of = (recordings: readonly JudgedRecording[]) => {
    const species = [...new Set(recordings.map(({ presentation }) => presentation))].toSorted();
    const attacks = species.filter((name) => name !== 'live');
    return {
      'recorded attacks': figuresOf(recordings, ({ simulated }) => !simulated),
      'recorded attacks, changed': figuresOf(
        recordings,
        ({ simulated }) => !simulated,
        ({ presentation, score, changedScore }) => (presentation === 'live' ? score : changedScore),
      ),
      'both changed': figuresOf(
        recordings,
        ({ simulated }) => !simulated,
        ({ changedScore }) => changedScore,
      ),
      ...Object.fromEntries(
        attacks.flatMap((name) => [
          [
            `recorded ${name}`,
            figuresOf(recordings, ({ presentation, simulated }) => presentation === name && !simulated),
          ],
          [
            `simulated ${name}`,
            figuresOf(recordings, ({ presentation, simulated }) => presentation === name && simulated),
          ],
        ]),
      ),
    };
  };
  const byDiet = Object.fromEntries(judged.map(({ diet, recordings }) => [diet, of(recordings)]));
  return {
    ...file,
    training,
    features: PAD_FEATURES.length,
    samples: samples.length,
    people: new Set(samples.map(({ person }) => person)).size,
    aim: AIM,
    reachesAim: judged
      .filter(({ diet }) => diet === EVERYTHING || diet.startsWith(WITHOUT))
      .every(({ diet }) => isGood(byDiet[diet]?.['recorded attacks'] ?? null)),
    diets: byDiet,
    teacher: figuresOf(
      judged[0]?.recordings ?? [],
      ({ simulated }) => !simulated,
      ({ teacherScore }) => teacherScore,
    ),
  };
}

function isGood(figures: Figures | null): boolean {
  return figures !== null && figures.auc >= AIM.auc && figures.apcerAtBpcer5.value <= AIM.apcer;
}
