import { marginOver, driftOf } from '../../../server/matching/anchor.ts';
import { llrBetween } from '../../../server/matching/comparison-llr.ts';
import { poolMean, poolOf, type Probe } from '../../../server/matching/embedding-pool.ts';
import { deviationFrom, isAway, postureOf, restOf } from '../../../server/evidence/gesture.ts';
import { assessFrame } from '../../../server/evidence/quality-gate.ts';
import { policyFor } from '../../../server/policy/built-in.ts';
import type { SessionContext } from '../../../server/session/state.ts';
import type { Embeddings } from '../../../server/vision/analysis.ts';
import type { Footage } from '../pad/footage.ts';

/** Log-likelihood ratios between the pictures of living people, by what was compared. */
export interface Likenesses {
  /** Good frames of a face that looks ahead, and good or turned ones of a face away from its rest, with the anchor. */
  readonly ahead: readonly number[];
  readonly away: readonly number[];
  /** Any two good frames that look ahead, by all methods; for the bar on stored probes. */
  readonly pairs: readonly number[];
  /** How far the agreement fell over eight seconds. */
  readonly drifts: readonly number[];
}

const standard = policyFor('standard');
/** An anchor begins every so often, and has so many probes in turn. */
const ANCHOR_EVERY_MS = 2_000;
const ANCHOR_PROBES = [2, 3, 5];
const WATCHED_MS = 8_000;
const PROBE_EVERY_MS = 200;
const ZERO = { strong: 0, weak: 0 };

interface Look extends Probe {
  readonly good: boolean;
  readonly counts: boolean;
  readonly away: boolean;
}

/** Compares the frames of a footage with anchors that begin at several moments of it. */
export function likenessesIn(footage: Footage, context: SessionContext): Likenesses {
  const found = {
    ahead: [] as number[],
    away: [] as number[],
    pairs: [] as number[],
    drifts: [] as number[],
  };
  const lengthMs = (1000 * footage.frames.length) / footage.framesPerSecond;
  for (let start = 0; start * ANCHOR_EVERY_MS < lengthMs; start++) {
    const looks = looksFrom(footage, context, start * ANCHOR_EVERY_MS);
    const ahead = looks.filter(({ good, away }) => good && !away);
    const taken = ahead.slice(0, ANCHOR_PROBES[start % ANCHOR_PROBES.length]);
    const later = ahead.slice(taken.length);
    if (later.length < 8) continue;
    const anchor = poolMean(poolOf(taken));
    for (const { embeddings } of later) found.ahead.push(llrBetween(embeddings, anchor));
    for (const look of looks)
      if (look.away && look.counts) found.away.push(llrBetween(look.embeddings, anchor));
    for (const [at, { embeddings }] of ahead.entries())
      for (const other of ahead.slice(at + 1, at + 12))
        found.pairs.push(marginOver(ZERO, embeddings, other.embeddings));
    found.drifts.push(driftOf(anchor, looks.filter(({ good }) => good).slice(0, 24)));
  }
  return found;
}

/** The frames with embeddings from `fromMs` on, one in `PROBE_EVERY_MS`. The rest is that of the first good ones. */
function looksFrom({ frames, framesPerSecond }: Footage, { models }: SessionContext, fromMs: number): Look[] {
  const looks: (Omit<Look, 'away'> & { readonly posture: ReturnType<typeof postureOf> })[] = [];
  let nextMs = fromMs;
  for (const [seq, analysis] of frames.entries()) {
    const atMs = (1000 * seq) / framesPerSecond;
    const { face } = analysis;
    if (atMs < nextMs || atMs > fromMs + WATCHED_MS || !face.found || face.value.embeddings === undefined)
      continue;
    nextMs = atMs + PROBE_EVERY_MS;
    const sample = { seq, atMs, capturedAtMs: atMs, analysis };
    const { good, hint } = assessFrame(sample, analysis.faceCount ?? 1, false, standard.quality);
    const embeddings: Embeddings = Object.fromEntries(
      models.embeddings.map((model) => [model, face.value.embeddings?.[model]]),
    );
    const counts = good || hint === 'look-straight';
    looks.push({ atMs, embeddings, good, counts, posture: postureOf(face.value, analysis.width) });
  }
  const placed = looks.filter(({ good }) => good).slice(0, standard.positioning.goodFrames);
  if (placed.length === 0) return [];
  const rest = restOf(placed.map(({ posture }) => posture));
  return looks.map((look) => ({
    ...look,
    away: isAway(deviationFrom(rest, look.posture), standard.gestures),
  }));
}
