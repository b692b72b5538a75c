import { blinkCue, type BlinkState } from '../evidence/blink.ts';
import { challengeCue } from '../evidence/challenge.ts';
import type { CueDefinition } from '../evidence/cue.ts';
import { depthParallaxCue } from '../evidence/depth-parallax.ts';
import { depthCue } from '../evidence/depth.ts';
import type { EvidenceByCue } from '../evidence/evidence.ts';
import { flashCue, type FlashSession } from '../evidence/flash.ts';
import type { Deviation } from '../evidence/gesture.ts';
import { injectionCue } from '../evidence/injection.ts';
import { motionCue } from '../evidence/motion.ts';
import { passivePadCue } from '../evidence/passive-pad.ts';
import { reliefCue } from '../evidence/relief.ts';
import { qualityCue, type FrameAssessment } from '../evidence/quality-gate.ts';
import type { Sample } from '../evidence/sample.ts';
import type { Anchor } from '../matching/anchor.ts';
import { continuityCue } from '../matching/continuity.ts';
import type { EmbeddingPool } from '../matching/embedding-pool.ts';
import { matchCue, type MatchFinding } from '../matching/match.ts';
import type { Cue } from '../policy/cues.ts';
import type { Policy } from '../policy/shape.ts';

/** Everything that a cue may read of one analysed frame. */
export interface CueFrame {
  readonly sample: Sample;
  readonly assessment: FrameAssessment;
  /** How far the face is from its rest; null without a face, and while the rest is unknown. */
  readonly deviation: Deviation | null;
  /** The face is so far from its rest that an embedding of it is less reliable. */
  readonly away: boolean;
  /** The face cannot be joined to that of the frame before. */
  readonly trackBroken: boolean;
  /** The state of the blink cue, this frame included. */
  readonly blink: BlinkState;
  /** The session's own embeddings, without those of this frame. */
  readonly pool: EmbeddingPool;
  /** Null until the first challenge begins. */
  readonly anchor: Anchor | null;
}

/** Everything that a cue may read of the session when it gives its evidence. */
export interface CueSession {
  /** The optional networks that are loaded. */
  readonly models: { readonly pad: readonly unknown[]; readonly motion?: boolean };
  readonly flash: FlashSession;
  /** Null: there is nothing to compare with, or not yet. */
  readonly match: MatchFinding | 'not-requested' | null;
}

const rows = {
  match: matchCue,
  challenge: challengeCue,
  blink: blinkCue,
  'passive-pad': passivePadCue,
  motion: motionCue,
  continuity: continuityCue,
  injection: injectionCue,
  'depth-parallax': depthParallaxCue,
  relief: reliefCue,
  depth: depthCue,
  flash: flashCue,
  quality: qualityCue,
};

/** What each cue has gathered. Plain data. */
export type CueStates = { readonly [C in Cue]: (typeof rows)[C]['initial'] };

/** One row for each cue, in the order in which cues are reported. */
export type CueTable = {
  readonly [C in Cue]: CueDefinition<CueStates[C], CueFrame, CueSession, string, string>;
};

export const CUE_TABLE: CueTable = rows;

type Row = (typeof rows)[Cue];

/** The reasons of the cues that reject by themselves. */
export type CueRejectReason = NonNullable<Row['rejectReason']>['reason'];
export const CUE_REJECT_REASONS: readonly CueRejectReason[] = Object.values<Row>(rows).flatMap(
  ({ rejectReason }) => (rejectReason === null ? [] : [rejectReason.reason]),
);

/** The indicators of all cues. */
export type CueIndicator = NonNullable<Row['indicators']>['all'][number];
export const CUE_INDICATORS: readonly CueIndicator[] = Object.values<Row>(rows).flatMap(
  ({ indicators }) => indicators?.all ?? [],
);

/** The names in a table, in its order. */
export function cuesIn(table: CueTable): readonly Cue[] {
  return Object.keys(table) as Cue[];
}

/** One value for each cue of the table. */
function byCue<Values extends { readonly [C in Cue]: unknown }>(
  table: CueTable,
  valueOf: <C extends Cue>(cue: C) => Values[C],
): Values {
  return Object.fromEntries(cuesIn(table).map((cue) => [cue, valueOf(cue)])) as Values;
}

export function initialCueStates(table: CueTable): CueStates {
  return byCue<CueStates>(table, (cue) => table[cue].initial);
}

/** Forgets what was gathered about the person, and keeps what was gathered about the stream. */
export function forgetPerson(table: CueTable, states: CueStates): CueStates {
  return byCue<CueStates>(table, (cue) =>
    table[cue].outlivesPerson === true ? states[cue] : table[cue].initial,
  );
}

/** Folds one frame into the states of all cues. */
export function foldCues(table: CueTable, states: CueStates, frame: CueFrame, policy: Policy): CueStates {
  return byCue<CueStates>(table, (cue) => table[cue].fold(states[cue], frame, policy));
}

export function evidenceByCue(
  table: CueTable,
  states: CueStates,
  session: CueSession,
  policy: Policy,
): EvidenceByCue {
  return byCue<EvidenceByCue>(table, (cue) => table[cue].evidence(states[cue], session, policy));
}

/** The indicators that all cues have found. */
export function indicatorsFound(table: CueTable, states: CueStates, policy: Policy): readonly CueIndicator[] {
  const found = <C extends Cue>(cue: C) => table[cue].indicators?.found(states[cue], policy) ?? [];
  return cuesIn(table).flatMap(found) as CueIndicator[];
}
