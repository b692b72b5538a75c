import { policyFor } from '../../server/policy/built-in.ts';
import { foldInjection, initialInjection } from '../../server/evidence/injection.ts';
import { motion } from '../../server/evidence/injection-points.ts';
import type { InjectionIndicator } from '../../server/evidence/injection-indicators.ts';
import { median } from '../../server/evidence/sample.ts';
import type { Watched } from './watch.ts';

const policy = policyFor('standard').injection;

/** Results of the injection cue for a stream. */
export interface StreamFindings {
  readonly signs: readonly InjectionIndicator[];
  readonly cuts: number;
  /** Smallest movement within any `stillMs`, in eye distances; null for a shorter stream. */
  readonly stillest: number | null;
  /** Median share of image blocks that were repeated exactly; null without textured blocks. */
  readonly standing: number | null;
  readonly microsecondsAFrame: number;
}

/** Feeds every `step`th frame to the injection cue. */
export function examine(watched: Watched, step = 1): StreamFindings {
  let state = initialInjection;
  let stillest = Infinity;
  let spentMs = 0;
  let frames = 0;
  for (let i = 0; i < watched.length; i += step) {
    const sample = watched[i];
    const startedAt = performance.now();
    state = foldInjection(state, sample, policy);
    spentMs += performance.now() - startedAt;
    frames++;
    const { moments } = state.repeats;
    const newest = moments.at(-1);
    if (newest === undefined || sample.atMs - watched[0].atMs < policy.stillMs) continue;
    const recent = moments.filter(({ atMs }) => atMs >= newest.atMs - policy.stillMs);
    if (recent.length < policy.stillFrames) continue;
    stillest = Math.min(stillest, Math.max(...recent.map((old) => motion(old, newest))));
  }
  const { standing } = state.noise;
  return {
    signs: state.indicators,
    cuts: state.cuts.cuts,
    stillest: Number.isFinite(stillest) ? stillest : null,
    standing: standing.length === 0 ? null : median(standing),
    microsecondsAFrame: (1000 * spentMs) / Math.max(1, frames),
  };
}
