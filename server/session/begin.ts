import { conclude, requiredCues } from '../decision/decide.ts';
import type { Unmeasured } from '../evidence/evidence.ts';
import type { Policy } from '../policy/shape.ts';
import { concludeWith } from './conclude.ts';
import type { SessionEvent } from './event.ts';
import { evidenceOf, matchFinding } from './findings.ts';
import { openFlow } from './frame-flow.ts';
import { openSupply } from './frame-supply.ts';
import { silent } from './pace-status.ts';
import { bothDemands } from '../policy/trust.ts';
import { enterPositioning } from './positioning.ts';
import {
  cuesOf,
  emptyGathered,
  nothingSeen,
  withLive,
  type HelloState,
  type LiveState,
  type SessionContext,
} from './state.ts';
import { failWith, withEffects, type Step } from './step.ts';
import { lacksCaptureForever, NO_TRUST, openTrust } from './trust.ts';

/** Folds an event into a session that waits for its hello. */
export function onHello(
  state: HelloState,
  event: SessionEvent,
  policy: Policy,
  context: SessionContext,
): Step {
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
      return [{ phase: 'closed', atMs, code: null }, []];
    case 'disconnected':
      return [{ phase: 'closed', atMs, code: event.code ?? null }, []];
    case 'frame':
    case 'skip':
      return failWith('hello.expected', atMs);
    case 'turn':
    case 'analyzed':
    case 'analysis-failed':
    case 'candidates':
    case 'enrolled':
    case 'accept-recorded':
    case 'possession':
    case 'signed':
    case 'chain-broken':
    case 'attested':
      return [state, []];
  }
}

function begin(
  state: HelloState,
  {
    atMs,
    flash: offersFlash = false,
    virtualCamera = false,
    trust = NO_TRUST,
  }: Extract<SessionEvent, { type: 'hello' }>,
  policy: Policy,
  context: SessionContext,
): Step {
  const [flow, effects] = openFlow(policy);
  const control = openTrust(trust, bothDemands(policy.trustDemand, trust.demand));
  const waitMs = trust.asksForKey ? policy.timing.possessionMs : 0;
  const live = {
    control,
    mode: state.mode,
    subject: state.subject,
    offersFlash,
    virtualCamera,
    sessionDeadlineAtMs: atMs + waitMs + policy.timing.sessionMs,
    flow,
    supply: openSupply(atMs, policy.supply),
    look: nothingSeen,
    gathered: emptyGathered(cuesOf(context)),
    references: null,
    status: silent,
    wakeAtMs: null,
    ending: false,
  };
  const started = enterPositioning(live, atMs + waitMs, policy);
  if (lacksCaptureForever(control)) return concludeWith(started, captureMissing, atMs, policy, context);
  if (lacksForever(started, policy, context))
    return concludeWith(started, neverMeasurable, atMs, policy, context);
  return state.references === null
    ? [started, effects]
    : withEffects(effects, onReferences(started, state.references, atMs, policy, context));
}

/** No frame changes these: they depend on the server, the client and the policy alone. */
const FOREVER: readonly Unmeasured[] = ['model-absent', 'not-offered', 'not-requested'];

/** Whether a cue that the policy requires can never be measured in this session. */
function lacksForever(state: LiveState, policy: Policy, context: SessionContext): boolean {
  const evidence = evidenceOf(state, matchFinding(state, policy), policy, context);
  return requiredCues(policy, state.live.mode).some((cue) => {
    const one = evidence[cue];
    return !one.measured && FOREVER.includes(one.why);
  });
}

/** The policy requires what this server, client or subject does not have: trying again changes nothing. */
const neverMeasurable = conclude('re-verify', 'never', 'required-cue-unmeasured');

/** Frames that no enrolled kiosk signs will not be signed later. */
const captureMissing = conclude('re-verify', 'never', 'capture-missing');

/** Takes in the references of the claimed subject. */
export function onReferences(
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
