import { deviationFrom, extentOf, isNod, isTurn } from '../evidence/gesture.ts';
import { isReliefRest, lacksFrames, reliefRanges } from '../evidence/relief.ts';
import { nextMotionWindow } from '../evidence/motion.ts';
import type { Policy } from '../policy/shape.ts';
import type { AnalysisOptions } from '../vision/analysis.ts';
import { neededEmbeddings } from './needed-embeddings.ts';
import { isFlashPending } from './flashing.ts';
import type { ChallengingState, LiveState, SessionContext } from './state.ts';

/** What a worker is to analyse of the frame that it gets at `atMs`, beyond what it analyses of every frame. */
export function nextAnalysis(
  state: LiveState,
  atMs: number,
  policy: Policy,
  context: SessionContext,
): AnalysisOptions {
  const { look, gathered } = state.live;
  const { sampling } = policy;
  const due = (lastAtMs: number | null, everyMs: number) => lastAtMs === null || atMs - lastAtMs >= everyMs;
  const usable = look.assessment?.usable ?? false;
  const countsPad = context.models.pad.length > 0 && policy.fusion.cues.includes('passive-pad');
  const mustRecognise =
    gathered.cues.continuity.needsReidentification ||
    (state.phase === 'challenging' && isAnswering(state, policy));
  const embedEveryMs =
    gathered.probes.frames < sampling.enoughProbes ? sampling.embedEveryMs : sampling.embedSeldomEveryMs;
  const judgesMotion = context.models.motion === true && policy.fusion.cues.includes('motion');
  const motion =
    judgesMotion && due(look.motionAtMs, policy.motion.everyMs)
      ? nextMotionWindow(gathered.cues.motion)
      : null;
  return {
    embeddings:
      sampling.embedEveryMs === 0 || (usable && (mustRecognise || due(look.embeddedAtMs, embedEveryMs))),
    embeddingModels: neededEmbeddings(state.live, context),
    pad: usable && countsPad && due(look.padAtMs, sampling.padEveryMs),
    colours: state.phase === 'matching' && isFlashPending(state, policy),
    countFaces: look.faceCount > 1 || due(look.countedAtMs, sampling.countFacesEveryMs),
    ...(due(look.turnedSoughtAtMs, sampling.countFacesEveryMs) ? { seekTurned: true } : {}),
    ...(motion === null ? {} : { motion }),
    ...reliefOptions(state, atMs, policy),
  };
}

/**
 * A texture now and then while the face is at rest; the relief while a turn or a nod is asked for, until enough of its
 * frames are measured. Others do not count: whoever has a recording of the person turning could show it at any time.
 */
function reliefOptions(
  state: LiveState,
  atMs: number,
  { relief, fusion }: Policy,
): Pick<AnalysisOptions, 'texture' | 'relief'> {
  const { look, gathered } = state.live;
  const { posture } = look;
  if (!fusion.cues.includes('relief') || posture === null) return {};
  const deviation = state.phase === 'positioning' ? null : deviationFrom(state.rest, posture);
  if (isReliefRest(deviation, relief)) {
    const [newest] = gathered.cues.relief.rests;
    const isDue = newest === undefined || atMs - newest.atMs >= relief.restEveryMs;
    if (look.assessment?.good === true && isDue) return { texture: true };
  }
  if (state.phase !== 'challenging' || state.run.stage === 'pause') return {};
  const { rests } = gathered.cues.relief;
  if (rests.length === 0 || !lacksFrames(gathered.cues.relief, relief)) return {};
  const { kind } = state.run;
  const ranges = reliefRanges(relief, isTurn(kind) ? ['turn'] : isNod(kind) ? ['nod'] : []);
  return ranges.length === 0 ? {} : { relief: ranges };
}

/** Whether the next frame may answer the challenge with a gesture, or complete it. */
function isAnswering({ run, live, rest }: ChallengingState, { gestures }: Policy): boolean {
  if (run.stage === 'settling') return true;
  const { posture } = live.look;
  if (run.stage !== 'awaiting-response' || posture === null) return false;
  return extentOf(run.kind, deviationFrom(rest, posture), gestures) >= gestures.begunShare;
}
