import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MODES, type Mode } from '../../protocol/status.ts';
import { requiredCues } from '../../server/decision/decide.ts';
import { POLICY_NAMES, policyFor, type Policy } from '../../server/decision/policy.ts';
import type { Effect } from '../../server/session/effect.ts';
import type { SessionEvent } from '../../server/session/event.ts';
import { initialState, isLive, type SessionState } from '../../server/session/state.ts';
import { transition } from '../../server/session/transition.ts';
import { ALICE, analysisOf, BOB, embeddingsOf, seeded, type Look } from '../support/analysis-builder.ts';
import { ALL_MODELS, BASE_MODELS, SessionDriver, START_MS } from '../support/session-driver.ts';
import { subject } from '../support/subjects.ts';

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

/** What a client, a worker, a gallery and a clock may do next, in any order that comes to a fuzzer's mind. */
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

interface Turn {
  readonly before: SessionState;
  readonly event: SessionEvent;
  readonly after: SessionState;
  readonly effects: readonly Effect[];
}

const requestOf = (mode: Mode, policy: string) => ({
  sessionId: 's',
  tenant: 't',
  mode,
  subject: mode === 'identify' ? null : 'alice',
  policy,
  audience: null,
  nonce: null,
  createdAtMs: START_MS,
});

const reference = { referenceId: 'r', subject: 'alice', embeddings: embeddingsOf(ALICE, 0.3, seeded(7)) };

/** What a subject who wants to be accepted shows next; now and then with lids down. */
function cooperative(state: SessionState, seq: number): Look {
  if (state.phase !== 'challenging' || state.run.stage !== 'awaiting-response')
    return seq % 40 < 2 ? { openness: 0.45 } : {};
  if (state.run.kind === 'blink') return seq % 16 < 2 ? { openness: 0.45 } : {};
  return seq % 8 < 4 ? {} : { yawDeg: state.run.kind === 'turn-left' ? 26 : -26 };
}

/** Plays actions, well-behaved unless an action says otherwise: frames are sent only with credit. */
function play(mode: Mode, policy: Policy, steps: readonly { action: Action; afterMs: number }[]): Turn[] {
  const random = seeded(11);
  let atMs = START_MS;
  let state = initialState(requestOf(mode, policy.name), atMs);
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
    const analysis = analysisOf(looks.get(asked.seq) ?? {}, asked.wants, ALL_MODELS.models, random);
    send({ type: 'analyzed', atMs, seq: asked.seq, analysis, draws: draws() });
  };
  send({ type: 'hello', atMs });
  send({ type: 'references', atMs, references: [reference] });
  for (const { action: next, afterMs } of steps) {
    atMs += afterMs;
    if (wakeAtMs !== null && wakeAtMs <= atMs) send({ type: 'deadline', atMs, draws: draws() });
    switch (next.do) {
      case 'cooperate':
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
          candidates: [{ subject: 'alice', model: 'mobilefacenet', score: random() }],
        });
        break;
      case 'enrolled':
        send({ type: 'enrolled', atMs, result: 'stored' });
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

const check = (property: (session: Session) => void) =>
  fc.assert(
    fc.property(sessions, ({ mode, policy, steps }) =>
      property({ mode, policy: policyFor(policy), turns: play(mode, policyFor(policy), steps) }),
    ),
    { numRuns: 60, seed: 20_261 },
  );

describe('whatever happens', () => {
  it('(the fuzz goes through every phase and to every kind of end)', () => {
    const seen = new Set<string>();
    check(({ turns }) => {
      for (const { after, effects } of turns) {
        seen.add(after.phase);
        for (const effect of effects) seen.add(effect.type === 'decide' ? effect.outcome : effect.type);
      }
    });
    for (const what of [
      'challenging',
      'matching',
      'accept',
      'reject',
      're-verify',
      'closed',
      'store-reference',
    ])
      expect(seen).toContain(what);
  });

  it('credit is never negative, and R16/R17 every frame of the window is accounted for', () =>
    check(({ policy, turns }) => {
      for (const { after } of turns) {
        if (!isLive(after)) continue;
        const { credit, owedCredit, waiting, turn } = after.live.flow;
        const inHand = (waiting === null ? 0 : 1) + (turn.at === 'running' ? 1 : 0);
        expect(credit).toBeGreaterThanOrEqual(0);
        expect(credit + owedCredit + inHand).toBe(policy.frameWindow);
      }
    }));

  it('R15 a frame number that does not rise ends the session', () =>
    check(({ turns }) => {
      for (const { before, event, after } of turns)
        if (event.type === 'frame' && isLive(before) && event.seq <= before.live.flow.lastSeq)
          expect(after).toMatchObject({ phase: 'closed', code: 'frame.out_of_order' });
    }));

  it('R17 the newest waiting frame is the one analysed, and each one is analysed or forgotten at most once', () =>
    check(({ turns }) => {
      const gone: number[] = [];
      for (const { before, effects } of turns)
        for (const effect of effects) {
          if (effect.type === 'analyze')
            expect(isLive(before) && before.live.flow.waiting?.seq).toBe(effect.seq);
          if (effect.type === 'analyze' || effect.type === 'forget-frame') gone.push(effect.seq);
        }
      expect(gone).toEqual([...new Set(gone)].toSorted((a, b) => a - b));
    }));

  it('a wake-up lies never in the past, and a live session always has one', () =>
    check(({ turns }) => {
      let wakeAtMs: number | null = null;
      for (const { event, after, effects } of turns) {
        for (const effect of effects) {
          if (effect.type !== 'wake-at') continue;
          wakeAtMs = effect.atMs;
          if (effect.atMs !== null) expect(effect.atMs).toBeGreaterThanOrEqual(event.atMs);
        }
        expect(wakeAtMs === null).toBe(!isLive(after));
      }
    }));

  it('R27/R28 there is at most one decision, and nothing after the end', () =>
    check(({ turns }) => {
      const decisions = turns.flatMap(({ effects }) => effects.filter(({ type }) => type === 'decide'));
      expect(decisions.length).toBeLessThanOrEqual(1);
      for (const { before, after, effects } of turns)
        if (before.phase === 'decided' || before.phase === 'closed') {
          expect(effects).toEqual([]);
          expect(after).toBe(before);
        }
    }));

  it('nothing is accepted without every required cue measured and every challenge passed', () =>
    check(({ policy, mode, turns }) => {
      for (const { effects } of turns)
        for (const effect of effects) {
          if (effect.type !== 'decide' || effect.outcome !== 'accept') continue;
          for (const cue of requiredCues(policy, mode)) expect(effect.assurance.measured).toContain(cue);
          expect(effect.assurance.challengesPassed).toBeGreaterThanOrEqual(policy.challenges?.minCount ?? 0);
        }
    }));

  it('R22 status comes at once on change and else at most ten times a second, and progress does not fall', () =>
    check(({ policy, turns }) => {
      let last: { atMs: number; status: Extract<Effect, { type: 'send-status' }>['status'] } | null = null;
      for (const { event, effects } of turns)
        for (const effect of effects) {
          if (effect.type !== 'send-status') continue;
          const { status } = effect;
          if (last !== null && last.status.phase === status.phase) {
            const changed =
              last.status.hint !== status.hint ||
              last.status.challenge?.kind !== status.challenge?.kind ||
              last.status.challenge?.number !== status.challenge?.number;
            if (!changed) expect(event.atMs - last.atMs).toBeGreaterThanOrEqual(policy.statusEveryMs);
            expect(status.progress).toBeGreaterThanOrEqual(last.status.progress);
          }
          last = { atMs: event.atMs, status };
        }
    }));

  it('the same events give the same session, byte for byte, also from a cloned state', () =>
    check(({ policy, turns }) => {
      for (const { before, event, after, effects } of turns)
        expect(transition(structuredClone(before), structuredClone(event), policy, ALL_MODELS)).toEqual([
          after,
          effects,
        ]);
    }));
});

describe('recorded sessions', () => {
  it('replay to the same decision from their events alone', () => {
    for (const context of [ALL_MODELS, BASE_MODELS]) {
      const driver = new SessionDriver({ context }).play(subject(), 60_000);
      let state = initialState(driver.request, START_MS);
      const effects: Effect[] = [];
      for (const event of structuredClone(driver.events)) {
        const step = transition(state, event, driver.policy, context);
        state = step[0];
        effects.push(...step[1]);
      }
      expect(state).toEqual(driver.state);
      expect(JSON.stringify(effects)).toBe(JSON.stringify(driver.effects));
      expect(driver.decision?.outcome).toBe('accept');
    }
  });
});
