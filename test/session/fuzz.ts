import * as fc from 'fast-check';
import { MODES, type Mode } from '../../protocol/status.ts';
import { POLICY_NAMES, policyFor, type Policy } from '../../server/policy/built-in.ts';
import type { Effect } from '../../server/session/effect.ts';
import type { SessionEvent } from '../../server/session/event.ts';
import { initialState, isLive, type SessionState } from '../../server/session/state.ts';
import { transition } from '../../server/session/transition.ts';
import { ALICE, analysisOf, BOB, embeddingsOf, seeded, type Look } from '../support/analysis-builder.ts';
import { ALL_MODELS, START_MS } from '../support/session-driver.ts';
import { gesture } from '../support/subjects.ts';
import { requestOfAlice } from '../support/session-request.ts';

const look: fc.Arbitrary<Look> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({}) },
  fc.constant({ openness: 0.4 }),
  fc.record({ yawDeg: fc.integer({ min: -40, max: 40 }) }),
  fc.constant({ found: false }),
  fc.constant({ identity: BOB }),
  fc.constant({ faceCount: 2 }),
  fc.constant({ picture: 'same' }),
  fc.constant({ followed: false, centreX: 100 }),
  fc.constant({ bonaFideProbability: 0.01 }),
);

/** What a client, a worker, a gallery and a clock may do next, in any order. */
const action = fc.oneof(
  { weight: 40, arbitrary: fc.constant({ do: 'cooperate' as const }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('frame' as const), look }) },
  { weight: 8, arbitrary: fc.constant({ do: 'turn' as const }) },
  { weight: 8, arbitrary: fc.constant({ do: 'answer' as const }) },
  { weight: 3, arbitrary: fc.constant({ do: 'wake' as const }) },
  fc.constantFrom(
    { do: 'undecodable' as const },
    { do: 'crash' as const },
    { do: 'skip' as const },
    { do: 'candidates' as const },
    { do: 'enrolled' as const },
    { do: 'stale-answer' as const },
    { do: 'early-wake' as const },
  ),
  { weight: 1, arbitrary: fc.constantFrom({ do: 'source-ended' as const }, { do: 'repeat-seq' as const }) },
);
const actions = fc.array(fc.record({ action, afterMs: fc.integer({ min: 0, max: 120 }) }), {
  minLength: 20,
  maxLength: 500,
});
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

type Steps = readonly { readonly action: Action; readonly afterMs: number }[];

interface Turn {
  readonly before: SessionState;
  readonly event: SessionEvent;
  readonly after: SessionState;
  readonly effects: readonly Effect[];
}

const reference = { referenceId: 'r', subject: 'alice', embeddings: embeddingsOf(ALICE, 0.3, seeded(7)) };

/** What a cooperative subject shows next, now and then with closed lids. */
function cooperative(state: SessionState, seq: number): Look {
  const lids = (frame: number) => [0.7, 0.4, 0.4, 0.75][frame];
  const answers =
    state.phase === 'challenging' &&
    (state.run.stage === 'awaiting-response' || state.run.stage === 'settling');
  if (!answers) return { openness: lids(seq % 40) ?? 1 };
  const { kind } = state.run;
  if (kind === 'blink') return { openness: lids(seq % 16) ?? 1 };
  return gesture(kind, Math.max(0, Math.min(1, ((seq % 16) - 3) / 4, (15 - (seq % 16)) / 4)));
}

/** Plays the actions. Frames are sent only with credit, unless an action says otherwise. */
function play(mode: Mode, policy: Policy, steps: readonly { action: Action; afterMs: number }[]): Turn[] {
  const random = seeded(11);
  let atMs = START_MS;
  let state = initialState(requestOfAlice(mode, policy.name, START_MS), atMs);
  let wakeAtMs: number | null = null;
  let seq = 0;
  const worker: { running: Extract<Effect, { type: 'analyze' }> | null } = { running: null };
  const looks = new Map<number, Look>();
  const turns: Turn[] = [];
  const send = (event: SessionEvent) => {
    const [after, effects] = transition(state, event, policy, ALL_MODELS);
    turns.push({ before: state, event, after, effects });
    state = after;
    for (const effect of effects) {
      if (effect.type === 'wake-at') wakeAtMs = effect.atMs;
      if (effect.type === 'analyze') worker.running = effect;
    }
  };
  const draws = () => [random(), random(), random()];
  const answer = () => {
    const asked = worker.running;
    if (asked === null) return;
    worker.running = null;
    const analysis = analysisOf(looks.get(asked.seq) ?? {}, asked.options, ALL_MODELS.models, random);
    send({ type: 'analyzed', atMs, seq: asked.seq, analysis, draws: draws() });
  };
  send({ type: 'hello', atMs, flash: policy.name === 'standard-flash' });
  send({ type: 'references', atMs, references: [reference] });
  for (const { action: next, afterMs } of steps) {
    atMs += afterMs;
    if (wakeAtMs !== null && wakeAtMs <= atMs) send({ type: 'deadline', atMs, draws: draws() });
    switch (next.do) {
      case 'cooperate':
        if (state.phase === 'confirming') send({ type: 'accept-recorded', atMs, stands: random() < 0.8 });
        if (!isLive(state) || state.live.flow.credit === 0) break;
        looks.set(seq, cooperative(state, seq));
        send({ type: 'frame', atMs, seq: seq++, capturedAtMs: atMs, bytes: 1 });
        send({ type: 'turn', atMs });
        answer();
        break;
      case 'frame':
        if (!isLive(state) || state.live.flow.credit === 0) break;
        looks.set(seq, next.look);
        send({ type: 'frame', atMs, seq: seq++, capturedAtMs: atMs, bytes: 1 });
        break;
      case 'turn':
        send({ type: 'turn', atMs });
        break;
      case 'answer':
        answer();
        break;
      case 'undecodable':
      case 'crash': {
        const asked = worker.running;
        if (asked === null) break;
        worker.running = null;
        const code = next.do === 'crash' ? 'server.internal' : 'frame.undecodable';
        send({ type: 'analysis-failed', atMs, seq: asked.seq, code });
        break;
      }
      case 'wake':
        if (wakeAtMs === null) break;
        atMs = Math.max(atMs, Math.min(wakeAtMs, atMs + 700));
        send({ type: 'deadline', atMs, draws: draws() });
        break;
      case 'early-wake':
        send({ type: 'deadline', atMs, draws: draws() });
        break;
      case 'skip':
        send({ type: 'skip', atMs, draws: draws() });
        break;
      case 'candidates':
        send({
          type: 'candidates',
          atMs,
          candidates: [{ ...reference, embeddings: embeddingsOf(ALICE, 0.3 + random(), random) }],
        });
        break;
      case 'enrolled':
        send({ type: 'enrolled', atMs, result: 'stored', reference });
        break;
      case 'stale-answer':
        send({ type: 'analysis-failed', atMs, seq: 999_999, code: 'server.internal' });
        break;
      case 'source-ended':
        send({ type: 'bye', atMs, reason: 'source-ended' });
        break;
      case 'repeat-seq':
        if (seq > 0) send({ type: 'frame', atMs, seq: seq - 1, capturedAtMs: atMs, bytes: 1 });
        break;
    }
  }
  return turns;
}

const sessions = fc.record({
  mode: fc.constantFrom(...MODES),
  policy: fc.constantFrom(...POLICY_NAMES),
  steps: actions,
});

interface Session {
  readonly policy: Policy;
  readonly mode: Mode;
  readonly turns: readonly Turn[];
}

/** The violations of a rule in the smallest session that breaks it; null when none of many sessions does. */
export function broken(violations: (session: Session) => readonly string[]): readonly string[] | null {
  const played = (input: { mode: Mode; policy: (typeof POLICY_NAMES)[number]; steps: Steps }) => {
    const policy = policyFor(input.policy);
    return violations({ mode: input.mode, policy, turns: play(input.mode, policy, input.steps) });
  };
  const { counterexample } = fc.check(
    fc.property(sessions, (input) => played(input).length === 0),
    { numRuns: 70, seed: 20_271 },
  );
  return counterexample === null ? null : played(counterexample[0]);
}

type Typed<T extends Effect['type']> = Extract<Effect, { type: T }>;

/** All effects of one type, each with the turn it came from. */
export function effectsOf<T extends Effect['type']>(turns: readonly Turn[], type: T) {
  return turns.flatMap((turn) =>
    turn.effects
      .filter((effect): effect is Typed<T> => effect.type === type)
      .map((effect) => ({ turn, effect })),
  );
}
