import type { AnchorPolicy } from '../policy/continuity.ts';
import type { Embeddings } from '../vision/analysis.ts';
import { unclampedLlr } from './comparison-llr.ts';
import { compareByAll } from './compare.ts';
import type { Probe } from './embedding-pool.ts';

/**
 * How far two sets of embeddings agree: the lowest unclamped log-likelihood ratio of all methods by which they can be
 * compared; -Infinity where they cannot be.
 */
export function agreement(a: Embeddings, b: Embeddings): number {
  const llrs = compareByAll(a, b).map(unclampedLlr);
  return llrs.length === 0 ? -Infinity : Math.min(...llrs);
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
 * are taken by their agreement with the anchor, the best first, so that a probe that resembles some of the others, but not
 * the anchor, leaves out none that does. The same probes give the same set, in whatever order they came.
 */
export function agreeingProbes(
  anchor: Embeddings,
  kept: readonly Probe[],
  { storeLlr, mutualLlr }: AnchorPolicy,
): readonly Probe[] {
  const candidates = kept
    .map((probe) => ({ probe, llr: agreement(probe.embeddings, anchor) }))
    .filter(({ llr }) => llr >= storeLlr)
    .toSorted((a, b) => b.llr - a.llr || a.probe.atMs - b.probe.atMs)
    .map(({ probe }) => probe);
  return clique(candidates, mutualLlr, Infinity).toSorted((a, b) => a.atMs - b.atMs);
}

/** Takes each probe that agrees with all that are taken before it. */
function clique(ordered: readonly Probe[], mutualLlr: number, most: number): readonly Probe[] {
  const taken: Probe[] = [];
  for (const probe of ordered) {
    if (taken.length === most) break;
    if (taken.every(({ embeddings }) => agreement(probe.embeddings, embeddings) >= mutualLlr)) taken.push(probe);
  }
  return taken;
}
