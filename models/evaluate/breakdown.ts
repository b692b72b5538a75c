import { proportion, type Bounded } from './proportion.ts';
import type { FaceSummary, ImageRecord } from './image-record.ts';
import { qualityHint } from './quality-verdict.ts';
import type { ScoreCollector } from './score-collector.ts';
import type { Faces } from './faces.ts';
import type { MethodRates } from './rates.ts';

/** FNMR of the genuine comparisons of one kind, at the thresholds of all comparisons. */
export interface BreakdownRow {
  readonly kind: string;
  readonly genuine: number;
  readonly methods: readonly { readonly method: string; readonly fmr: number; readonly fnmr: Bounded }[];
}

/**
 * In sets such as LFW, images are cropped around their subject. A face whose centre is farther from the image's centre
 * than this share of the image's diagonal usually belongs to somebody else.
 */
const OFF_CENTRE = 0.15;
const YAW_EDGES_DEG = [0, 10, 20, 30, 45, 180] as const;

/** FNMR of the genuine comparisons, by properties of their two images. */
export function breakDown(
  faces: Faces,
  records: readonly ImageRecord[],
  collectors: readonly ScoreCollector[],
  rates: readonly MethodRates[],
  fmrs: readonly number[],
): BreakdownRow[] {
  const summaries = Array.from(faces.images, (image) => summaryOf(records[image]));
  const passes = summaries.map((face) => qualityHint(face) === null);
  const yaw = summaries.map(({ pose }) => Math.abs(pose.yawDeg));
  const aside = summaries.map((face) => offCentre(face) > OFF_CENTRE);
  const kinds: { kind: string; includes: (a: number, b: number) => boolean }[] = [
    { kind: 'all', includes: () => true },
    { kind: 'both pass the quality gate', includes: (a, b) => passes[a] && passes[b] },
    { kind: 'one or both do not', includes: (a, b) => !(passes[a] && passes[b]) },
    { kind: 'both faces in the middle of the picture', includes: (a, b) => !aside[a] && !aside[b] },
    { kind: 'a face taken off the middle', includes: (a, b) => aside[a] || aside[b] },
    ...YAW_EDGES_DEG.slice(1).map((to, index) => ({
      kind: `larger yaw ${YAW_EDGES_DEG[index]}–${to}°`,
      includes: (a: number, b: number) => {
        const larger = Math.max(yaw[a], yaw[b]);
        return larger >= YAW_EDGES_DEG[index] && larger < to;
      },
    })),
  ];
  const genuine = collectors.map((collector) => collector.genuine());
  return kinds.flatMap(({ kind, includes }): BreakdownRow[] => {
    const methods = collectors.flatMap(({ scorer }, c) => {
      const { probes, references, scores } = genuine[c];
      const own = [...scores.keys()].filter((i) => includes(probes[i], references[i]));
      if (own.length === 0) return [];
      return fmrs.map((fmr) => {
        const threshold = thresholdOf(rates, scorer.id, fmr);
        const missed = own.filter((i) => scores[i] < threshold).length;
        return { method: scorer.id, fmr, fnmr: proportion(missed, own.length) };
      });
    });
    if (methods.length === 0) return [];
    const { probes, references } = genuine[0];
    const count = probes.reduce((sum, probe, i) => sum + (includes(probe, references[i]) ? 1 : 0), 0);
    return [{ kind, genuine: count, methods }];
  });
}

/** Rates of one cohort at the thresholds of all comparisons. */
export interface CohortRates {
  readonly cohort: string;
  readonly images: number;
  readonly methods: readonly {
    readonly method: string;
    readonly fmr: number;
    readonly genuine: number;
    readonly fnmr: Bounded | null;
    /** Impostor comparisons within the cohort. */
    readonly impostor: number;
    readonly measuredFmr: Bounded | null;
  }[];
}

/**
 * Rates by cohort. A comparison belongs to a cohort when both of its faces do. `cohortOf` returns null for a face
 * without a label.
 */
export function cohortRates(
  faces: Faces,
  cohortOf: (image: number) => string | null,
  collectors: readonly ScoreCollector[],
  rates: readonly MethodRates[],
  fmrs: readonly number[],
): CohortRates[] {
  const cohorts = Array.from(faces.images, cohortOf);
  const names = [...new Set(cohorts)].filter((cohort) => cohort !== null).toSorted();
  const lists = collectors.map((collector) => ({
    method: collector.scorer.id,
    genuine: collector.genuine(),
    tail: collector.impostorTail(),
  }));
  return names.map((cohort): CohortRates => {
    const rows = [...cohorts.keys()].filter((row) => cohorts[row] === cohort);
    const perIdentity = new Map<number, number>();
    for (const row of rows) {
      perIdentity.set(faces.identities[row], (perIdentity.get(faces.identities[row]) ?? 0) + 1);
    }
    const genuine = [...perIdentity.values()].reduce((sum, n) => sum + (n * (n - 1)) / 2, 0);
    const impostor = (rows.length * (rows.length - 1)) / 2 - genuine;
    const isWithin = (a: number, b: number) => cohorts[a] === cohort && cohorts[b] === cohort;
    const methods = lists.flatMap(({ method, genuine: mated, tail }) =>
      fmrs.map((fmr) => {
        const threshold = thresholdOf(rates, method, fmr);
        let [missed, matched] = [0, 0];
        for (let i = 0; i < mated.scores.length; i++) {
          if (mated.scores[i] < threshold && isWithin(mated.probes[i], mated.references[i])) missed++;
        }
        for (let i = 0; i < tail.scores.length && tail.scores[i] >= threshold; i++) {
          if (isWithin(tail.probes[i], tail.references[i])) matched++;
        }
        return {
          method,
          fmr,
          genuine,
          fnmr: genuine === 0 ? null : proportion(missed, genuine),
          impostor,
          measuredFmr: impostor === 0 ? null : proportion(matched, impostor),
        };
      }),
    );
    return { cohort, images: rows.length, methods };
  });
}

function offCentre({ box, frameWidth, frameHeight }: FaceSummary): number {
  const x = box.x + box.width / 2 - frameWidth / 2;
  const y = box.y + box.height / 2 - frameHeight / 2;
  return Math.hypot(x, y) / Math.hypot(frameWidth, frameHeight);
}

function summaryOf(record: ImageRecord): FaceSummary {
  if (!record.acquired) throw new RangeError('A face that was not acquired has no summary.');
  return record.face;
}

/** The threshold that was measured for a method at a false match rate. */
export function thresholdOf(rates: readonly MethodRates[], method: string, fmr: number): number {
  const point = rates.find(({ id }) => id === method)?.points.find((candidate) => candidate.fmr === fmr);
  if (point === undefined) throw new RangeError(`No threshold for ${method} at ${fmr}.`);
  return point.threshold;
}
