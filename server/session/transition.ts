import { conclude, type Cause } from '../decision/decide.ts';
import type { Policy } from '../decision/policy-shape.ts';
import { advanceChallenging, skipChallenge } from './challenging.ts';
import { concludeWith, judgeSession } from './conclude.ts';
import { isTimeUp, nextDeadline } from './deadlines.ts';
import type { Effect } from './effect.ts';
import type { SessionEvent } from './event.ts';
import { foldAnalysis, type Seen } from './fold-analysis.ts';
import { isIdle, openFlow, runningFrame, startRunning, stopRunning, takeFrame } from './frame-flow.ts';
import { enrolmentConclusion, takeCandidates } from './matching.ts';
import { paceStatus, silent } from './pace-status.ts';
import { advancePositioning, enterPositioning } from './positioning.ts';
import { publicStatus } from './public-status.ts';
import {
  emptyGathered,
  isLive,
  nothingSeen,
  withLive,
  type HelloState,
  type LiveState,
  type SessionContext,
  type SessionState,
} from './state.ts';
import { advanceFlash } from './flashing.ts';
import { drawAt, failWith, type Step } from './step.ts';
import { wantsOf } from './wants.ts';

export type { SessionContext } from './state.ts';

/**
 * The whole session: folds one event into the state and says what is to be done. Pure: the same events, policy and
 * context give the same states and effects. Events must carry rising server times. Once `decided` or `closed`,
 * nothing has an effect any more. Throws `RangeError` for an event with fewer than `DRAWS_PER_EVENT` draws.
 */
export function transition(
  state: SessionState,
  event: SessionEvent,
  policy: Policy,
  context: SessionContext,
): Step {
  switch (state.phase) {
    case 'hello':
      return settle(onHello(state, event, policy, context), event.atMs, policy);
    case 'positioning':
    case 'challenging':
    case 'matching':
      return settle(onLive(state, event, policy, context), event.atMs, policy);
    case 'decided':
    case 'closed':
      return [state, []];
  }
}

/** After every event of a live session: the status that is due, and the next wake-up. */
function settle([state, effects]: Step, atMs: number, policy: Policy): Step {
  if (!isLive(state)) return [state, effects];
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

function onHello(state: HelloState, event: SessionEvent, policy: Policy, context: SessionContext): Step {
  const { atMs } = event;
  switch (event.type) {
    case 'hello':
      return begin(state, event, policy, context);
    case 'references':
      return [{ ...state, references: event.references }, []];
    case 'deadline':
      return atMs >= state.createdAtMs + policy.timing.helloMs
        ? failWith('hello.timeout', atMs)
        : [state, []];
    case 'bye':
    case 'disconnected':
      return [{ phase: 'closed', atMs, code: null }, []];
    case 'frame':
    case 'skip':
      return failWith('hello.expected', atMs);
    case 'turn':
    case 'analyzed':
    case 'analysis-failed':
    case 'candidates':
    case 'enrolled':
      return [state, []];
  }
}

function begin(
  state: HelloState,
  { atMs, flash: offersFlash = false, virtualCamera = false }: Extract<SessionEvent, { type: 'hello' }>,
  policy: Policy,
  context: SessionContext,
): Step {
  const [flow, effects] = openFlow(policy);
  const live = {
    mode: state.mode,
    subject: state.subject,
    offersFlash,
    sessionDeadlineAtMs: atMs + policy.timing.sessionMs,
    flow,
    look: nothingSeen,
    gathered: { ...emptyGathered, injection: { ...emptyGathered.injection, virtualCamera } },
    references: null,
    status: silent,
    wakeAtMs: null,
    ending: false,
  };
  const started = enterPositioning(live, atMs, policy);
  const lacksPad = policy.requiredCues.includes('passive-pad') && context.models.pad.length === 0;
  const lacksFlash = policy.requiredCues.includes('flash') && !offersFlash;
  if (lacksPad || lacksFlash) return concludeWith(started, neverMeasurable, atMs, policy, context);
  return state.references === null
    ? [started, effects]
    : withEffects(effects, onReferences(started, state.references, atMs, policy, context));
}

/** The policy needs what this server, client or subject does not have: trying again changes nothing. */
const neverMeasurable = conclude('re-verify', 'never', 'required-cue-unmeasured');

function onReferences(
  state: LiveState,
  references: NonNullable<HelloState['references']>,
  atMs: number,
  policy: Policy,
  context: SessionContext,
): Step {
  const next = withLive(state, { references });
  return state.live.mode === 'verify' && references.length === 0
    ? concludeWith(next, neverMeasurable, atMs, policy, context)
    : [next, []];
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
      return typeof taken === 'string'
        ? failWith(taken, atMs)
        : [withLive(state, { flow: taken[0] }), taken[1]];
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
        ? concludeWith(state, enrolmentConclusion(event.result), atMs, policy, context)
        : [state, []];
    case 'deadline':
      return advance(withLive(state, { wakeAtMs: null }), null, atMs, event.draws, policy, context);
    case 'bye':
      return event.reason === 'source-ended'
        ? judgeOrEnd(withLive(state, { ending: true }), atMs, policy, context)
        : endFor('cancelled', state, atMs, policy, context);
    case 'disconnected':
      return endFor('disconnected', state, atMs, policy, context);
  }
}

function onTurn(state: LiveState, atMs: number, policy: Policy, context: SessionContext): Step {
  const [flow, frame] = startRunning(state.live.flow);
  const next = withLive(state, { flow });
  if (frame === null) return [next, []];
  const { region } = state.live.look;
  const wants = wantsOf(state, atMs, policy, context);
  return [next, [{ type: 'analyze', seq: frame.seq, region, wants }]];
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
  const [flow, effects] = stopRunning(state.live.flow);
  const { seq, capturedAtMs, receivedAtMs, shown } = frame;
  const seenBefore = event.seenBefore ?? false;
  const sample = { seq, atMs: receivedAtMs, capturedAtMs, analysis, seenBefore, shown };
  const rest = state.phase === 'positioning' ? null : state.rest;
  const { gathered, look, seen } = foldAnalysis(state.live.gathered, state.live.look, sample, rest, policy);
  const folded = withLive(state, { flow, gathered, look });
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
  if (code !== 'frame.undecodable') {
    // The worker died on this frame: look afresh, in case the region was what it died of.
    const lost = flow.lost + 1;
    if (lost > policy.maxLost) return failWith('server.internal', atMs);
    const look = { ...state.live.look, region: null };
    const next = withLive(state, { flow: { ...flow, lost }, look });
    return withEffects(effects, judgeOrEnd(next, atMs, policy, context));
  }
  const undecodable = flow.undecodable + 1;
  if (undecodable > policy.maxUndecodable) return failWith('frame.too_many_undecodable', atMs);
  const next = withLive(state, { flow: { ...flow, undecodable } });
  return withEffects([{ type: 'send-error', code }, ...effects], judgeOrEnd(next, atMs, policy, context));
}

/** Moves the phase on by a frame (null: only time went by), then judges. */
function advance(
  state: LiveState,
  seen: Seen | null,
  atMs: number,
  draws: readonly number[],
  policy: Policy,
  context: SessionContext,
): Step {
  return judgeOrEnd(movePhase(state, seen, atMs, draws, policy), atMs, policy, context);
}

function movePhase(
  state: LiveState,
  seen: Seen | null,
  atMs: number,
  draws: readonly number[],
  policy: Policy,
): LiveState {
  switch (state.phase) {
    case 'positioning':
      return seen === null ? state : advancePositioning(state, seen, atMs, draws, policy);
    case 'challenging':
      return advanceChallenging(state, seen, atMs, draws, policy);
    case 'matching':
      return advanceFlash(state, seen, atMs, drawAt(draws, 0), policy);
  }
}

/**
 * Judges the session; where that settles nothing, ends it if its time is up or its source has run dry. While a
 * reference is being stored only the store's answer counts, or that it takes too long.
 */
function judgeOrEnd(state: LiveState, atMs: number, policy: Policy, context: SessionContext): Step {
  const pending = state.phase === 'matching' ? state.pending : null;
  if (pending?.for === 'storage')
    return atMs < pending.deadlineAtMs
      ? [state, []]
      : concludeWith(state, enrolmentConclusion('failed'), atMs, policy, context);
  const judged = judgeSession(state, null, atMs, policy, context);
  if (!isLive(judged[0]) || asks(judged[1])) return judged;
  if (isTimeUp(state, atMs)) return judgeSession(state, 'time-up', atMs, policy, context);
  const dry = state.live.ending && isIdle(state.live.flow) && pending === null;
  return dry ? judgeSession(state, 'source-ended', atMs, policy, context) : judged;
}

function asks(effects: readonly Effect[]): boolean {
  return effects.some(({ type }) => type === 'search-gallery' || type === 'store-reference');
}

/** The client left. A reference that is being stored is still waited for, so that its audit is true. */
function endFor(
  cause: Extract<Cause, 'cancelled' | 'disconnected'>,
  state: LiveState,
  atMs: number,
  policy: Policy,
  context: SessionContext,
): Step {
  const storing = state.phase === 'matching' && state.pending?.for === 'storage';
  return storing
    ? [withLive(state, { ending: true }), []]
    : judgeSession(state, cause, atMs, policy, context);
}

/** Puts effects before a step's own; an end needs neither credit nor turns. */
function withEffects(effects: readonly Effect[], [state, own]: Step): Step {
  return [state, isLive(state) ? [...effects, ...own] : own];
}
