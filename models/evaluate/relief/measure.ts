import { ImageDecoder } from '../../../server/inference/image-decoder.ts';
import { deviationFrom, postureOf, restOf } from '../../../server/evidence/gesture.ts';
import {
  foldRelief,
  initialRelief,
  isReliefRest,
  judgeTurn,
  reliefOf,
  reliefRanges,
  type ReliefState,
  type TurnFinding,
} from '../../../server/evidence/relief.ts';
import { median } from '../../../server/evidence/sample.ts';
import { policyFor } from '../../../server/policy/built-in.ts';
import { RestTextures } from '../../../server/sessions/rest-textures.ts';
import type { FaceAnalysis, FaceRegion, FrameAnalysis, ReliefMove } from '../../../server/vision/analysis.ts';
import type { FrameAnalyzerCore } from '../../../server/vision/analyze.ts';
import type { Performance } from './performances.ts';

/** What one turn, or one nod, showed. */
export interface TurnShown {
  readonly move: ReliefMove;
  readonly frames: number;
  readonly relief: number;
  /** The same without the nose. */
  readonly besideNose: number;
  readonly keptShare: number;
  /** Null: not to be told. */
  readonly hairFlow: number | null;
  /** Null: not to be told. */
  readonly shading: number | null;
  readonly finding: TurnFinding;
}

export interface PerformanceShown {
  readonly species: string;
  readonly name: string;
  readonly of: string;
  readonly turns: readonly TurnShown[];
  /** A picture of the face at rest; null: there was none. */
  readonly rest: Buffer | null;
  /** Processor time in ms that textures and relief took, frames that had either, and all frames. */
  readonly costMs: number;
  readonly measuredFrames: number;
  readonly frames: number;
}

const { relief: bars } = policyFor('standard');
const PLAIN = { embeddings: false, pad: false, countFaces: false } as const;
const GOOD = { usable: true, good: true, hint: null } as const;
/** Needed for a median that is a rest. */
const MIN_FRAMES = 12;

/**
 * Plays a performance through the server's own analysis and cue: textures at rest, relief in turns, turn by turn. The
 * rest is the median posture of the whole, because nobody was asked to hold still.
 */
export async function measurePerformance(
  core: FrameAnalyzerCore,
  { species, name, of, framesPerSecond, pictures }: Performance,
): Promise<PerformanceShown> {
  const seen: {
    readonly jpeg: Buffer;
    readonly face: FaceAnalysis;
    readonly atMs: number;
    readonly width: number;
  }[] = [];
  const decoder = new ImageDecoder(16_000_000);
  let region: FaceRegion | null = null;
  let index = 0;
  for await (const jpeg of pictures()) {
    const atMs = (1000 * index++) / framesPerSecond;
    const decoded = await decoder.decode(jpeg);
    if (!decoded.ok) continue;
    const analysis: FrameAnalysis = await core.analyze(decoded.image, region, PLAIN);
    region = analysis.face.found ? analysis.face.value.region : null;
    if (analysis.face.found) seen.push({ jpeg, face: analysis.face.value, atMs, width: analysis.width });
  }
  const nothing = {
    species,
    name,
    of,
    turns: [],
    rest: null,
    costMs: 0,
    measuredFrames: 0,
    frames: seen.length,
  };
  if (seen.length < MIN_FRAMES) return nothing;

  const rest = restOf(seen.map(({ face, width }) => postureOf(face, width)));
  const textures = new RestTextures();
  const turns = new Map<number, TurnShown>();
  let state: ReliefState = initialRelief;
  let [costMs, measuredFrames, turnsBefore] = [0, 0, 0];
  let picture: Buffer | null = null;
  for (const [seq, { jpeg, face, atMs, width }] of seen.entries()) {
    const deviation = deviationFrom(rest, postureOf(face, width));
    const [newest] = state.rests;
    const isRest = isReliefRest(deviation, bars);
    const texture = isRest && (newest === undefined || atMs - newest.atMs >= bars.restEveryMs);
    const rests = textures.keepOnly(state.rests.map((one) => one.seq));
    const decoded = texture || !isRest ? await decoder.decode(jpeg) : null;
    let analysis: FrameAnalysis | null = null;
    if (decoded?.ok === true) {
      const options = {
        ...PLAIN,
        texture,
        ...(isRest ? {} : { relief: reliefRanges(bars, ['turn', 'nod']) }),
      };
      const before = process.cpuUsage();
      let spent = 0;
      analysis = textures.take(
        seq,
        await core.analyze(
          decoded.image,
          face.region,
          options,
          (stage) => {
            const { user, system } = process.cpuUsage(before);
            if (stage === 'relief') costMs += (user + system) / 1000 - spent;
            spent = (user + system) / 1000;
          },
          rests,
        ),
      );
      if (texture) picture ??= jpeg;
    }
    if (analysis === null || !analysis.face.found) continue;
    if (texture || analysis.face.value.relief !== undefined) measuredFrames++;
    const sample = { seq, atMs, capturedAtMs: atMs, analysis };
    const after = foldRelief(state, sample, GOOD, deviation, false, bars);
    if (after.turns.length > 0 && after.turns.at(-1) !== state.turns.at(-1)) {
      if (after.turns.at(-1)?.frames.length === 1) turnsBefore++;
      turns.set(turnsBefore, shown(after));
    }
    state = after;
  }
  return { ...nothing, turns: [...turns.values()], rest: picture, costMs, measuredFrames };
}

function shown({ turns }: ReliefState): TurnShown {
  const turn = turns[turns.length - 1];
  const middle = (values: readonly (number | null)[]) => {
    const told = values.filter((value) => value !== null);
    return told.length === 0 ? null : median(told);
  };
  return {
    move: turn.move,
    frames: turn.frames.length,
    relief: reliefOf(turn.frames),
    besideNose: reliefOf(turn.frames.map(({ besideNose }) => besideNose)),
    keptShare: median(turn.frames.map(({ keptShare }) => keptShare)),
    hairFlow: middle(turn.frames.map(({ hairFlow }) => hairFlow)),
    shading: middle(turn.frames.map(({ shading }) => shading)),
    finding: judgeTurn(turn, bars),
  };
}
