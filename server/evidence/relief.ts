import type { Policy } from '../policy/shape.ts';
import { MAX_RESTS, type ReliefPolicy } from '../policy/relief.ts';
import type { ReliefSums } from '../vision/relief/confirmed-relief.ts';
import type { ReliefMove, ReliefRange } from '../vision/analysis.ts';
import type { TurnRelief } from '../vision/relief/turn-relief.ts';
import type { CueDefinition } from './cue.ts';
import { isWeighed, NOT_REQUESTED, type Evidence, type MeasuredEvidence } from './evidence.ts';
import type { Deviation } from './gesture.ts';
import type { FrameAssessment } from './quality-gate.ts';
import { faceOf, median, type Sample } from './sample.ts';

/** A frame whose texture shows the face at rest. */
interface Rest {
  readonly seq: number;
  readonly atMs: number;
}

/** One turn to one side, or one nod up or down, from rest to rest. */
interface Turn {
  readonly move: ReliefMove;
  readonly direction: 1 | -1;
  /** What each measured frame showed, at most `maxFrames`. */
  readonly frames: readonly TurnRelief[];
}

export interface ReliefState {
  /** The newest first, at most `MAX_RESTS`. */
  readonly rests: readonly Rest[];
  /** The newest last, at most `maxTurns`. */
  readonly turns: readonly Turn[];
  /** Whether the last turn goes on. */
  readonly isTurning: boolean;
}

export const initialRelief: ReliefState = { rests: [], turns: [], isTurning: false };

/** What a turn shows: a head, no head, or too little to tell. */
export type TurnFinding = 'head' | 'flat' | 'unclear';

/** Whether a face that is so far from its rest counts as at rest. The rest is not known at first: null. */
export function isReliefRest(deviation: Deviation | null, policy: ReliefPolicy): boolean {
  return (
    deviation === null ||
    (Math.abs(deviation.yawDeg) <= policy.restDeg && Math.abs(deviation.pitchDeg) <= policy.maxRestNodDeg)
  );
}

/** What a worker is to measure of a move. */
export function reliefRanges(
  { minTurnDeg, maxTurnDeg, nod }: ReliefPolicy,
  moves: readonly ReliefMove[],
): readonly ReliefRange[] {
  const turns = { move: 'turn', minDeg: minTurnDeg, maxDeg: maxTurnDeg, maxAsideDeg: null } as const;
  const nods =
    nod === null
      ? []
      : [{ move: 'nod', minDeg: nod.minDeg, maxDeg: nod.maxDeg, maxAsideDeg: nod.maxTurnDeg } as const];
  return [turns, ...nods].filter(({ move }) => moves.includes(move));
}

/** Folds one frame: keeps the newest rests, and adds what a turned frame showed to its turn. */
export function foldRelief(
  state: ReliefState,
  { seq, atMs, ...sample }: Sample,
  assessment: FrameAssessment,
  deviation: Deviation | null,
  trackBroken: boolean,
  policy: ReliefPolicy,
): ReliefState {
  // Another face may have taken the place of the first. What follows is compared with that face's own rest.
  const before = trackBroken ? { ...state, rests: [], isTurning: false } : state;
  const face = faceOf({ seq, atMs, ...sample });
  if (face === null || !assessment.usable) return before;
  if (isReliefRest(deviation, policy)) {
    const isNew = face.textured === true && assessment.good;
    const rests = isNew ? [{ seq, atMs }, ...before.rests].slice(0, MAX_RESTS) : before.rests;
    return { ...before, rests, isTurning: false };
  }
  if (face.relief === undefined || deviation === null) return before;
  const { move } = face.relief;
  const direction = (move === 'nod' ? deviation.pitchDeg : deviation.yawDeg) > 0 ? 1 : -1;
  const last = before.turns.at(-1);
  if (!before.isTurning || last === undefined || last.move !== move || last.direction !== direction)
    return {
      ...before,
      turns: [...before.turns, { move, direction, frames: [face.relief] } as const].slice(-policy.maxTurns),
      isTurning: true,
    };
  if (last.frames.length >= policy.maxFrames) return before;
  const turn: Turn = { ...last, frames: [...last.frames, face.relief] };
  return { ...before, turns: [...before.turns.slice(0, -1), turn] };
}

/** Whether the next frame of the turn that goes on is still to be measured. */
export function lacksFrames({ isTurning, turns }: ReliefState, policy: ReliefPolicy): boolean {
  return !isTurning || (turns.at(-1)?.frames.length ?? 0) < policy.maxFrames;
}

/** The relief of a turn that the pixels confirm (α): 1 for a head, 0 for a picture, however it is bent. */
export function reliefOf(frames: readonly ReliefSums[]): number {
  const sum = (pick: (frame: ReliefSums) => number) =>
    frames.reduce((total, frame) => total + pick(frame), 0);
  return sum(({ product }) => product) / sum(({ square }) => square);
}

export function judgeTurn({ move, frames }: Turn, policy: ReliefPolicy): TurnFinding {
  const { minBesideNose, minHairFlow, minShading } =
    move === 'nod' && policy.nod !== null ? policy.nod : policy;
  if (frames.length < policy.minFrames) return 'unclear';
  if (median(frames.map(({ keptShare }) => keptShare)) < policy.minKeptShare) return 'unclear';
  const relief = reliefOf(frames);
  if (relief < policy.minRelief) return 'flat';
  const flows = frames.flatMap(({ hairFlow }) => (hairFlow === null ? [] : [hairFlow]));
  const isAll =
    reliefOf(frames.map(({ besideNose }) => besideNose)) >= minBesideNose && isLit(frames, minShading);
  const isHairSeen = 2 * flows.length >= frames.length;
  // The hair of a nodding head goes a shorter way. It must be seen to go; where it stays, that says little.
  if (move === 'nod') return isHairSeen && isAll && median(flows) >= minHairFlow ? 'head' : 'unclear';
  if (!isHairSeen) return isAll && relief >= policy.minReliefAlone ? 'head' : 'unclear';
  if (median(flows) >= minHairFlow) return isAll ? 'head' : 'unclear';
  return relief < policy.clearRelief ? 'flat' : 'unclear';
}

/** Whether the light on the skin changed with the turn, as it does on a head. A warped picture keeps its light. */
function isLit(frames: readonly TurnRelief[], minShading: number): boolean {
  if (minShading === 0) return true;
  const changes = frames.flatMap(({ shading }) => (shading === null ? [] : [shading]));
  return changes.length > 0 && median(changes) >= minShading;
}

/**
 * Score: the number of turns that show a head. A nod shows less than a turn, so that one up and one down count as one.
 */
export function reliefEvidence({ turns }: ReliefState, policy: ReliefPolicy): Evidence {
  const judged = judgedTurns(turns, policy);
  const nods = NODS.map(({ direction }) => headsOf(judged, 'nod', direction));
  const heads = headsOf(judged, 'turn', 1) + headsOf(judged, 'turn', -1) + Math.min(...nods);
  const flats = judged.filter(({ finding }) => finding === 'flat').length;
  if (heads + flats === 0)
    return { measured: false, why: turns.length === 0 ? 'not-started' : 'relief-unclear' };
  const llr = heads * policy.confirmedLlr + flats * policy.flatLlr;
  return {
    measured: true,
    logLikelihoodRatio: Math.min(policy.maxLlr, Math.max(policy.minLlr, llr)),
    score: heads,
    frames: turns.reduce((sum, { frames }) => sum + frames.length, 0),
  };
}

const NODS = [
  { kind: 'look-up', direction: -1 },
  { kind: 'look-down', direction: 1 },
] as const;

type JudgedTurn = Turn & { readonly finding: TurnFinding };

function judgedTurns(turns: readonly Turn[], policy: ReliefPolicy): readonly JudgedTurn[] {
  return turns.map((turn) => ({ ...turn, finding: judgeTurn(turn, policy) }));
}

/** Recordings of earlier versions, which measured turns only, do not say what they are. */
const movesAs = (turn: Pick<Turn, 'move'>, move: ReliefMove) => (turn.move === 'nod') === (move === 'nod');

function headsOf(judged: readonly JudgedTurn[], move: ReliefMove, direction: 1 | -1): number {
  return judged.filter(
    (turn) => turn.finding === 'head' && movesAs(turn, move) && turn.direction === direction,
  ).length;
}

/** The looks of which none has shown a head. */
export function nodsWithoutHead(
  { turns }: ReliefState,
  policy: ReliefPolicy,
): readonly ('look-up' | 'look-down')[] {
  const judged = judgedTurns(turns, policy);
  return NODS.filter(({ direction }) => headsOf(judged, 'nod', direction) === 0).map(({ kind }) => kind);
}

/** Whether a session that asks for relief has seen a turn that shows a head. */
export function showsHead(state: ReliefState, policy: Policy): boolean {
  const evidence = reliefEvidence(state, policy.relief);
  return evidence.measured && evidence.score > 0;
}

const isFlat = ({ score, logLikelihoodRatio }: MeasuredEvidence, { relief }: Policy) =>
  score === 0 && logLikelihoodRatio <= relief.rejectLlr;

export const reliefCue: CueDefinition<
  ReliefState,
  {
    readonly sample: Sample;
    readonly assessment: FrameAssessment;
    readonly deviation: Deviation | null;
    readonly trackBroken: boolean;
  },
  unknown,
  'relief-below-bar'
> = {
  initial: initialRelief,
  fold: (state, { sample, assessment, deviation, trackBroken }, policy) =>
    foldRelief(state, sample, assessment, deviation, trackBroken, policy.relief),
  evidence: (state, _, policy) =>
    isWeighed('relief', policy) ? reliefEvidence(state, policy.relief) : NOT_REQUESTED,
  rejectReason: { reason: 'relief-below-bar', applies: isFlat },
  fallsShort: (evidence, policy) =>
    policy.requiredCues.includes('relief') && evidence.measured && evidence.score === 0,
};
