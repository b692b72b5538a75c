import type { Policy } from '../policy/shape.ts';
import { accumulateFrame, type Seen } from './accumulate-frame.ts';
import { onHello, onReferences } from './begin.ts';
import { advanceChallenging, skipChallenge } from './challenging.ts';
import { concludeWith, endFor, judgeOrEnd, onConfirming } from './conclude.ts';
import { nextDeadline } from './deadlines.ts';
import type { SessionEvent } from './event.ts';
import { advanceFlash } from './flashing.ts';
import { runningFrame, startRunning, stopRunning, takeFrame } from './frame-flow.ts';
import {
  atTask,
  countAnalysis,
  countArrival,
  countFailure,
  openSupply,
  passSupplyTime,
} from './frame-supply.ts';
import { enrolmentConclusion, takeCandidates } from './matching.ts';
import { nextAnalysis } from './next-analysis.ts';
import { paceStatus } from './pace-status.ts';
import { advancePositioning, enterPositioning } from './positioning.ts';
import { publicStatus } from './public-status.ts';
import { cuesOf, isLive, withLive, type LiveState, type SessionContext, type SessionState } from './state.ts';
import { drawAt, failWith, withEffects, type Step } from './step.ts';
import { withAnalyzed, withAttestation, withPossession, withSignature } from './trust.ts';

export type { SessionContext } from './state.ts';

/**
 * The whole session: folds one event into the state, and returns what is to be done. Pure: the same events, policy and
 * context give the same states and effects. The server times of events must not fall. Once the session is `decided` or
 * `closed`, no event has an effect. Throws `RangeError` for an event with fewer than `DRAWS_PER_EVENT` draws.
 */
export function transition(
  state: SessionState,
  event: SessionEvent,
  policy: Policy,
  context: SessionContext,
): Step {
  switch (state.phase) {
    case 'hello':
      return withStatusAndTimer(onHello(state, event, policy, context), event.atMs, policy);
    case 'positioning':
    case 'challenging':
    case 'matching':
      return withStatusAndTimer(
        onLive(passTime(state, event.atMs, policy), event, policy, context),
        event.atMs,
        policy,
      );
    case 'confirming':
      return onConfirming(state, event);
    case 'decided':
    case 'closed':
      return [state, []];
  }
}

/** Counts the time since the last event, in which the session should have got frames. */
function passTime(state: LiveState, atMs: number, policy: Policy): LiveState {
  const { supply, flow, ending, control } = state.live;
  if (policy.supply === null || ending || control.keyRequest === 'awaited') return state;
  const placing = state.phase === 'positioning';
  return withLive(state, { supply: passSupplyTime(supply, flow, placing, atMs, policy.supply) });
}

/** Adds to every step of a live session the status that is due, and the next wake-up. */
function withStatusAndTimer([after, effects]: Step, atMs: number, policy: Policy): Step {
  if (!isLive(after)) return [after, effects];
  const state = withLive(after, { supply: atTask(after.live.supply, taskOf(after), atMs) });
  const [status, toSend] = paceStatus(state.live.status, publicStatus(state, atMs, policy), atMs, policy);
  const wakeAtMs = Math.max(atMs, nextDeadline(state, atMs, policy));
  const rearm = state.live.wakeAtMs === null || nextDeadline(state, atMs, policy) !== state.live.wakeAtMs;
  return [
    withLive(state, { status, wakeAtMs: rearm ? wakeAtMs : state.live.wakeAtMs }),
    [
      ...effects,
      ...(toSend === null ? [] : [{ type: 'send-status', status: toSend } as const]),
      ...(rearm ? [{ type: 'wake-at', atMs: wakeAtMs } as const] : []),
    ],
  ];
}

/** What the person is doing: the phase, a challenge, or the pause before one. */
function taskOf(state: LiveState): string {
  const { passed, skipped, replaced } = state.live.gathered.cues.challenge;
  const isPause = state.phase === 'challenging' && state.run.stage === 'pause';
  return `${state.phase} ${passed.length} ${skipped.length + replaced.length} ${isPause ? 'pause' : 'asked'}`;
}

function onLive(state: LiveState, event: SessionEvent, policy: Policy, context: SessionContext): Step {
  const { atMs } = event;
  const { flow } = state.live;
  switch (event.type) {
    case 'hello':
      return failWith('hello.repeated', atMs);
    case 'references':
      return onReferences(state, event.references, atMs, policy, context);
    case 'frame': {
      const taken = takeFrame(flow, event);
      if (typeof taken === 'string') return failWith(taken, atMs);
      const begun = withClocksStarted(state, atMs, policy);
      return [withLive(begun, { flow: taken[0], supply: countArrival(begun.live.supply) }), taken[1]];
    }
    case 'possession': {
      const begun = withClocksStarted(state, atMs, policy);
      const control = withPossession(begun.live.control, event.possession);
      return judgeOrEnd(withLive(begun, { control }), atMs, policy, context);
    }
    case 'signed': {
      const control = withSignature(state.live.control, event.seq);
      return judgeOrEnd(withLive(state, { control }), atMs, policy, context);
    }
    case 'chain-broken':
      return failWith('frame.signature', atMs);
    case 'attested': {
      const control = withAttestation(state.live.control);
      return judgeOrEnd(withLive(state, { control }), atMs, policy, context);
    }
    case 'turn':
      return onTurn(state, atMs, policy, context);
    case 'analyzed':
      return onAnalyzed(state, event, policy, context);
    case 'analysis-failed':
      return onAnalysisFailed(state, event, policy, context);
    case 'skip':
      return state.phase === 'challenging'
        ? skipChallenge(state, atMs, event.draws, policy)
        : [state, [{ type: 'send-error', code: 'skip.not_allowed' }]];
    case 'candidates':
      return state.phase === 'matching'
        ? judgeOrEnd(takeCandidates(state, event.candidates, policy), atMs, policy, context)
        : [state, []];
    case 'enrolled':
      return state.phase === 'matching' && state.pending?.for === 'storage'
        ? concludeWith(
            state,
            enrolmentConclusion(event.result),
            atMs,
            policy,
            context,
            event.result === 'stored' ? event.reference : null,
          )
        : [state, []];
    case 'accept-recorded':
      return [state, []];
    case 'deadline':
      return advance(withLive(state, { wakeAtMs: null }), null, atMs, event.draws, policy, context);
    case 'bye':
      return event.reason === 'source-ended'
        ? judgeOrEnd(withLive(state, { ending: true }), atMs, policy, context)
        : endFor('cancelled', state, atMs, policy, context);
    case 'disconnected':
      return onDisconnected(state, event, policy, context);
  }
}

/** Lets the time of the session begin, where it waited for the client to answer for its key. */
function withClocksStarted(state: LiveState, atMs: number, policy: Policy): LiveState {
  const { control } = state.live;
  if (control.keyRequest !== 'awaited' || state.phase !== 'positioning') return state;
  const live = {
    ...state.live,
    control: { ...control, keyRequest: 'late' as const },
    supply: openSupply(atMs, policy.supply),
    sessionDeadlineAtMs: atMs + policy.timing.sessionMs,
  };
  return enterPositioning(live, atMs, policy);
}

/**
 * A connection that the server ended for a broken rule ends with that error. A reference that is being stored is waited
 * for.
 */
function onDisconnected(
  state: LiveState,
  { atMs, code }: Extract<SessionEvent, { type: 'disconnected' }>,
  policy: Policy,
  context: SessionContext,
): Step {
  const storing = state.phase === 'matching' && state.pending?.for === 'storage';
  return code === undefined || storing
    ? endFor('disconnected', state, atMs, policy, context)
    : failWith(code, atMs);
}

function onTurn(state: LiveState, atMs: number, policy: Policy, context: SessionContext): Step {
  const [flow, frame] = startRunning(state.live.flow);
  const next = withLive(state, { flow });
  if (frame === null) return [next, []];
  const { region } = state.live.look;
  const options = nextAnalysis(state, atMs, policy, context);
  const rests = state.live.gathered.cues.relief.rests.map(({ seq }) => seq);
  return [next, [{ type: 'analyze', seq: frame.seq, region, options, rests }]];
}

function onAnalyzed(
  state: LiveState,
  event: Extract<SessionEvent, { type: 'analyzed' }>,
  policy: Policy,
  context: SessionContext,
): Step {
  const { atMs, analysis, draws } = event;
  const frame = runningFrame(state.live.flow, event.seq);
  if (frame === null) return [state, []];
  const [stopped, effects] = stopRunning(state.live.flow);
  const flow = { ...stopped, undecodable: 0, readableAtMs: atMs };
  const { seq, capturedAtMs, receivedAtMs, shown } = frame;
  const seenBefore = event.seenBefore ?? false;
  const { virtualCamera } = state.live;
  const sample = { seq, atMs: receivedAtMs, capturedAtMs, analysis, seenBefore, shown, virtualCamera };
  const rest = state.phase === 'positioning' ? null : state.rest;
  const { gathered, look, seen } = accumulateFrame(
    state.live.gathered,
    state.live.look,
    sample,
    rest,
    policy,
    cuesOf(context),
  );
  const placing = state.phase === 'positioning';
  const supply =
    policy.supply === null
      ? state.live.supply
      : countAnalysis(state.live.supply, seen.assessment.good, placing, policy.supply);
  // What was seen while the reference is being stored is no part of what was decided.
  const isStoring = state.phase === 'matching' && state.pending?.for === 'storage';
  const control = isStoring ? state.live.control : withAnalyzed(state.live.control, seq);
  const folded = withLive(state, { flow, supply, gathered, look, control });
  return withEffects(effects, advance(folded, seen, atMs, draws, policy, context));
}

function onAnalysisFailed(
  state: LiveState,
  { seq, code, atMs }: Extract<SessionEvent, { type: 'analysis-failed' }>,
  policy: Policy,
  context: SessionContext,
): Step {
  if (runningFrame(state.live.flow, seq) === null) return [state, []];
  if (code === 'frame.too_many_pixels') return failWith(code, atMs);
  const [flow, effects] = stopRunning(state.live.flow);
  const supply = countFailure(state.live.supply);
  if (code !== 'frame.undecodable') {
    // The worker crashed on this frame. Search the whole picture next, in case the region was the reason.
    const lost = flow.lost + 1;
    if (lost > policy.maxLost) return failWith('server.internal', atMs);
    const look = { ...state.live.look, region: null };
    const next = withLive(state, { flow: { ...flow, lost }, supply, look });
    return withEffects(effects, judgeOrEnd(next, atMs, policy, context));
  }
  const undecodable = flow.undecodable + 1;
  const isDisturbance = flow.readableAtMs !== null && atMs - flow.readableAtMs <= policy.undecodableMs;
  if (undecodable > policy.maxUndecodable && !isDisturbance)
    return failWith('frame.too_many_undecodable', atMs);
  const next = withLive(state, { flow: { ...flow, undecodable }, supply });
  return withEffects([{ type: 'send-error', code }, ...effects], judgeOrEnd(next, atMs, policy, context));
}

/** Advances the phase by a frame (null: only time passed), then judges. */
function advance(
  state: LiveState,
  seen: Seen | null,
  atMs: number,
  draws: readonly number[],
  policy: Policy,
  context: SessionContext,
): Step {
  return judgeOrEnd(movePhase(state, seen, atMs, draws, policy, context), atMs, policy, context);
}

function movePhase(
  state: LiveState,
  seen: Seen | null,
  atMs: number,
  draws: readonly number[],
  policy: Policy,
  context: SessionContext,
): LiveState {
  switch (state.phase) {
    case 'positioning':
      return seen === null ? state : advancePositioning(state, seen, atMs, draws, policy, context);
    case 'challenging':
      return advanceChallenging(state, seen, atMs, draws, policy, context);
    case 'matching':
      return advanceFlash(state, seen, atMs, drawAt(draws, 0), policy);
  }
}
