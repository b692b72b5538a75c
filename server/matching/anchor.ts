import type { AgreementBar, AnchorPolicy } from '../policy/continuity.ts';
import type { Embeddings } from '../vision/analysis.ts';
import { llrBetween, unclampedLlr } from './comparison-llr.ts';
import { compareByAll } from './compare.ts';
import { poolMean, poolOf, type EmbeddingPool, type Probe } from './embedding-pool.ts';

/** The mean embeddings of the face before the first challenge. */
export type Anchor = Embeddings;

/**
 * How far two sets of embeddings lie above a bar, in log-likelihood ratios: the least of all methods by which they can
 * be compared; -Infinity where they cannot be. All methods, because a stored reference is compared by whatever the
 * server has later.
 */
export function marginOver(bar: AgreementBar, a: Embeddings, b: Embeddings): number {
  const margins = compareByAll(a, b).map(
    (one) => unclampedLlr(one) - (one.method === 'mobilefacenet' ? bar.strong : bar.weak),
  );
  return margins.length === 0 ? -Infinity : Math.min(...margins);
}

/**
 * The anchor that these probes make, in order of time: the latest probe, and before it the latest ones that agree with
 * all that are taken already. What a face was before does not matter: nothing was asked of it yet.
 */
export function anchorOf(kept: readonly Probe[], { maxProbes, mutualLlr }: AnchorPolicy): readonly Probe[] {
  return clique(kept.toReversed(), mutualLlr, maxProbes).toReversed();
}

/**
 * The probes that may be stored, in order of time: each agrees with the anchor, and any two agree with each other. They
 * are taken by their agreement with the anchor, the best first, so that a probe that resembles some of the others, but
 * not the anchor, leaves out none that does. The same probes give the same set, in whatever order they came.
 */
export function agreeingProbes(
  anchor: Anchor,
  kept: readonly Probe[],
  { storeLlr, mutualLlr }: AnchorPolicy,
): readonly Probe[] {
  const candidates = kept
    .map((probe) => ({ probe, margin: marginOver(storeLlr, probe.embeddings, anchor) }))
    .filter(({ margin }) => margin >= 0)
    .toSorted((a, b) => b.margin - a.margin || a.probe.atMs - b.probe.atMs)
    .map(({ probe }) => probe);
  return clique(candidates, mutualLlr, Infinity).toSorted((a, b) => a.atMs - b.atMs);
}

/** Takes each probe that agrees with all that are taken before it. */
function clique(ordered: readonly Probe[], bar: AgreementBar, most: number): readonly Probe[] {
  const taken: Probe[] = [];
  for (const probe of ordered) {
    if (taken.length === most) break;
    if (taken.every(({ embeddings }) => marginOver(bar, probe.embeddings, embeddings) >= 0))
      taken.push(probe);
  }
  return taken;
}

/**
 * How far the agreement with the anchor fell from the first of these probes to the last, in log-likelihood ratios: the
 * slope of the straight line that fits it best, times the time between them. Each step of a slow walk is small; this is
 * not. 0 for fewer than four probes, which show no trend.
 */
export function driftOf(anchor: Anchor, kept: readonly Probe[]): number {
  const first = kept[0];
  const last = kept.at(-1);
  if (first === undefined || last === undefined || kept.length < 4) return 0;
  const llrs = kept.map(({ embeddings }) => llrBetween(embeddings, anchor)).map((llr) => Math.max(llr, -20));
  const meanMs = kept.reduce((sum, { atMs }) => sum + atMs, 0) / kept.length;
  const meanLlr = llrs.reduce((sum, llr) => sum + llr, 0) / llrs.length;
  let covariance = 0;
  let variance = 0;
  for (const [at, { atMs }] of kept.entries()) {
    covariance += (atMs - meanMs) * (llrs[at] - meanLlr);
    variance += (atMs - meanMs) ** 2;
  }
  return variance === 0 ? 0 : (-covariance / variance) * (last.atMs - first.atMs);
}

/** What the probes of a session show together. */
export interface ProbeFinding {
  /** Those that may be stored. */
  readonly agreeing: readonly Probe[];
  readonly spanMs: number;
  /** They do not show one face: it drifted away from the anchor, or too few of them agree. */
  readonly disagree: boolean;
}

export function judgeProbes(anchor: Embeddings, { kept }: EmbeddingPool, policy: AnchorPolicy): ProbeFinding {
  const agreeing = agreeingProbes(anchor, kept, policy);
  const spanMs = (agreeing.at(-1)?.atMs ?? 0) - (agreeing[0]?.atMs ?? 0);
  const disagree =
    agreeing.length < policy.minStoredShare * kept.length || driftOf(anchor, kept) > policy.maxDriftLlr;
  return { agreeing, spanMs, disagree };
}

/** The latest so many probes stand for the face at the end of a session. */
const END_PROBES = 3;

/** The means of parts of a session, each of which must show the face that matches: its beginning, middle and end. */
export function partsOf(anchor: Anchor | null, { kept }: EmbeddingPool): readonly Embeddings[] {
  const end = kept.slice(-END_PROBES);
  const middle = kept.slice(END_PROBES, -END_PROBES);
  const meanOf = (probes: readonly Probe[]) => (probes.length === 0 ? [] : [poolMean(poolOf(probes))]);
  return [...(anchor === null ? [] : [anchor]), ...meanOf(middle), ...meanOf(end)];
}
