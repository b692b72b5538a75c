import type { Policy } from '../policy/shape.ts';
import type { Effect } from './effect.ts';
import type { SessionEvent } from './event.ts';
import type { FrameFlow, FrameTicket } from './state.ts';

type FlowStep = readonly [FrameFlow, readonly Effect[]];

/** The first credit, after the hello. */
export function openFlow(policy: Policy): FlowStep {
  const flow: FrameFlow = {
    lastSeq: -1,
    credit: policy.frameWindow,
    owedCredit: 0,
    waiting: null,
    turn: { at: 'none' },
    undecodable: 0,
    readableAtMs: null,
    lost: 0,
  };
  return [flow, [{ type: 'send-credit', frames: policy.frameWindow }]];
}

/** Takes a frame in, or says which rule it breaks. Only the newest frame waits; an older one is dropped. */
export function takeFrame(
  flow: FrameFlow,
  { seq, capturedAtMs, atMs, shown }: Extract<SessionEvent, { type: 'frame' }>,
): FlowStep | 'frame.out_of_order' | 'frame.no_credit' {
  if (seq <= flow.lastSeq) return 'frame.out_of_order';
  if (flow.credit === 0) return 'frame.no_credit';
  const effects: Effect[] = [];
  if (flow.waiting !== null) effects.push({ type: 'forget-frame', seq: flow.waiting.seq });
  const [turn, asked] = askForTurn(flow.turn);
  const next: FrameFlow = {
    ...flow,
    lastSeq: seq,
    credit: flow.credit - 1,
    owedCredit: flow.owedCredit + (flow.waiting === null ? 0 : 1),
    waiting: { seq, capturedAtMs, receivedAtMs: atMs, shown: shown ?? null },
    turn,
  };
  return [next, [...effects, ...asked]];
}

/** The frame that goes to the worker now; null when none waits. */
export function startRunning(flow: FrameFlow): readonly [FrameFlow, FrameTicket | null] {
  if (flow.turn.at === 'running') return [flow, null];
  const frame = flow.waiting;
  if (frame === null) return [{ ...flow, turn: { at: 'none' } }, null];
  return [{ ...flow, waiting: null, turn: { at: 'running', frame } }, frame];
}

/** The running frame came back, analysed or not. Returns its credit and that of the frames replaced meanwhile. */
export function stopRunning(flow: FrameFlow): FlowStep {
  const frames = flow.owedCredit + 1;
  const [turn, asked] = flow.waiting === null ? NO_TURN : askForTurn({ at: 'none' });
  return [
    { ...flow, credit: flow.credit + frames, owedCredit: 0, turn },
    [{ type: 'send-credit', frames }, ...asked],
  ];
}

/** The running frame, if its number is `seq`; null for an answer that no frame waits for. */
export function runningFrame(flow: FrameFlow, seq: number): FrameTicket | null {
  return flow.turn.at === 'running' && flow.turn.frame.seq === seq ? flow.turn.frame : null;
}

/** Whether no frame waits or runs. */
export function isIdle(flow: FrameFlow): boolean {
  return flow.waiting === null && flow.turn.at !== 'running';
}

type TurnStep = readonly [FrameFlow['turn'], readonly Effect[]];
const NO_TURN: TurnStep = [{ at: 'none' }, []];

function askForTurn(turn: FrameFlow['turn']): TurnStep {
  return turn.at === 'none' ? [{ at: 'requested' }, [{ type: 'request-turn' }]] : [turn, []];
}
