import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MODES, type Mode, type PublicStatus } from '../../protocol/status.ts';
import { requiredCues } from '../../server/decision/decide.ts';
import { POLICY_NAMES, policyFor, type Policy } from '../../server/decision/policy.ts';
import type { Effect } from '../../server/session/effect.ts';
import type { SessionEvent } from '../../server/session/event.ts';
import { initialState, isLive, type SessionState } from '../../server/session/state.ts';
import { transition } from '../../server/session/transition.ts';
import { ALICE, analysisOf, BOB, embeddingsOf, seeded, type Look } from '../support/analysis-builder.ts';
import { ALL_MODELS, BASE_MODELS, SessionDriver, START_MS } from '../support/session-driver.ts';
import { gesture, subject } from '../support/subjects.ts';

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

type Steps = readonly { readonly action: Action; readonly afterMs: number }[];

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
  const { kind } = state.run;
  if (kind === 'blink') return seq % 16 < 2 ? { openness: 0.45 } : {};
  return seq % 8 < 4 ? {} : gesture(kind, 1);
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
  send({ type: 'hello', atMs, flash: policy.name === 'standard-flash' });
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

/** What breaks a rule in the smallest session found to break it; null when none of many sessions does. */
function broken(violations: (session: Session) => readonly string[]): readonly string[] | null {
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
function effectsOf<T extends Effect['type']>(turns: readonly Turn[], type: T) {
  return turns.flatMap((turn) =>
    turn.effects
      .filter((effect): effect is Typed<T> => effect.type === type)
      .map((effect) => ({ turn, effect })),
  );
}

function isSameMoment(a: PublicStatus, b: PublicStatus): boolean {
  return (
    a.hint === b.hint &&
    a.challenge?.kind === b.challenge?.kind &&
    a.challenge?.number === b.challenge?.number &&
    a.flash?.number === b.flash?.number
  );
}

describe('whatever happens', () => {
  it('(the fuzz goes through every phase and to every kind of end)', () => {
    const seen = new Set<string>();
    const nothing = broken(({ turns }) => {
      for (const { after, effects } of turns) {
        seen.add(after.phase);
        for (const effect of effects) seen.add(effect.type === 'decide' ? effect.outcome : effect.type);
      }
      return [];
    });
    expect(nothing).toBeNull();
    expect([...seen]).toEqual(
      expect.arrayContaining([
        'challenging',
        'matching',
        'accept',
        'reject',
        're-verify',
        'closed',
        'store-reference',
      ]),
    );
  });

  it('credit is never negative, and R16/R17 every frame of the window is accounted for', () => {
    const found = broken(({ policy, turns }) =>
      turns.flatMap(({ after }) => {
        if (!isLive(after)) return [];
        const { credit, owedCredit, waiting, turn } = after.live.flow;
        const inHand = (waiting === null ? 0 : 1) + (turn.at === 'running' ? 1 : 0);
        const whole = credit + owedCredit + inHand === policy.frameWindow;
        return whole && credit >= 0 ? [] : [JSON.stringify(after.live.flow)];
      }),
    );
    expect(found).toBeNull();
  });

  it('R15 a frame number that does not rise ends the session', () => {
    const found = broken(({ turns }) =>
      turns
        .filter(
          ({ before, event }) =>
            event.type === 'frame' && isLive(before) && event.seq <= before.live.flow.lastSeq,
        )
        .filter(({ after }) => after.phase !== 'closed' || after.code !== 'frame.out_of_order')
        .map(({ after }) => after.phase),
    );
    expect(found).toBeNull();
  });

  it('R17 the newest waiting frame is the one analysed, and each one is analysed or forgotten at most once', () => {
    const found = broken(({ turns }) => {
      const notWaiting = effectsOf(turns, 'analyze').filter(
        ({ turn: { before }, effect }) => !isLive(before) || before.live.flow.waiting?.seq !== effect.seq,
      );
      const gone = turns.flatMap(({ effects }) =>
        effects.flatMap((effect) =>
          effect.type === 'analyze' || effect.type === 'forget-frame' ? [effect.seq] : [],
        ),
      );
      const falling = gone.filter((seq, i) => i > 0 && seq <= gone[i - 1]);
      return [...notWaiting.map(({ effect }) => `not waiting: ${effect.seq}`), ...falling.map(String)];
    });
    expect(found).toBeNull();
  });

  it('a wake-up lies never in the past, and a live session always has one', () => {
    const found = broken(({ turns }) => {
      const past = effectsOf(turns, 'wake-at')
        .filter(({ turn, effect }) => effect.atMs !== null && effect.atMs < turn.event.atMs)
        .map(({ effect }) => `past: ${effect.atMs}`);
      let wakeAtMs: number | null = null;
      const missing = turns.flatMap(({ after, effects }) => {
        for (const effect of effects) if (effect.type === 'wake-at') wakeAtMs = effect.atMs;
        return (wakeAtMs === null) === isLive(after) ? [`${after.phase} with ${wakeAtMs}`] : [];
      });
      return [...past, ...missing];
    });
    expect(found).toBeNull();
  });

  it('no session outlives its time, and who ran out of it is not accepted for want of evidence', () => {
    let judged = 0;
    const found = broken(({ policy, mode, turns }) => {
      const last = turns.map(({ after }) => after).findLast(isLive);
      if (last === undefined) return [];
      const atMs = last.live.sessionDeadlineAtMs;
      const late = atMs > START_MS + policy.timing.sessionMs ? [`ends at ${atMs}`] : [];
      judged += 1;
      const timeUp = { type: 'deadline', atMs, draws: [0.5, 0.5, 0.5] } as const;
      const [end, effects] = transition(last, timeUp, policy, ALL_MODELS);
      const accepted = effects.flatMap((effect) =>
        effect.type === 'decide' && effect.outcome === 'accept'
          ? requiredCues(policy, mode).filter((cue) => !effect.assurance.measured.includes(cue))
          : [],
      );
      // A reference on its way to the store is waited for.
      const stays = isLive(end) && !(end.phase === 'matching' && end.pending?.for === 'storage');
      return [...late, ...accepted, ...(stays ? [end.phase] : [])];
    });
    expect(found).toBeNull();
    expect(judged).toBeGreaterThan(10);
  });

  it('R27/R28 there is at most one decision, and nothing after the end', () => {
    const found = broken(({ turns }) => {
      const late = turns.filter(
        ({ before, after, effects }) =>
          !isLive(before) && before.phase !== 'hello' && (effects.length > 0 || after !== before),
      );
      const again = effectsOf(turns, 'decide').slice(1);
      return [...late.map(({ event }) => event.type), ...again.map(({ effect }) => effect.outcome)];
    });
    expect(found).toBeNull();
  });

  it('nothing is accepted without every required cue measured and every challenge passed', () => {
    const found = broken(({ policy, mode, turns }) =>
      effectsOf(turns, 'decide')
        .filter(({ effect }) => effect.outcome === 'accept')
        .flatMap(({ effect: { assurance } }) => [
          ...requiredCues(policy, mode).filter((cue) => !assurance.measured.includes(cue)),
          ...(assurance.challengesPassed < (policy.challenges?.minCount ?? 0) ? ['challenges'] : []),
        ]),
    );
    expect(found).toBeNull();
  });

  it('R22 status comes at once on change and else at most ten times a second, and progress does not fall', () => {
    const found = broken(({ policy, turns }) => {
      const sent = effectsOf(turns, 'send-status').map(({ turn, effect }) => ({
        atMs: turn.event.atMs,
        status: effect.status,
      }));
      return sent.flatMap((now, i) => {
        const last = sent[i - 1];
        if (i === 0 || last.status.phase !== now.status.phase) return [];
        const tooSoon = isSameMoment(last.status, now.status) && now.atMs - last.atMs < policy.statusEveryMs;
        const fell = now.status.progress < last.status.progress;
        return [...(tooSoon ? [`${now.atMs - last.atMs} ms`] : []), ...(fell ? ['progress fell'] : [])];
      });
    });
    expect(found).toBeNull();
  });

  it('the same events give the same session, byte for byte, also from a cloned state', () => {
    const found = broken(({ policy, turns }) =>
      turns
        .filter(({ before, event, after, effects }) => {
          const again = transition(structuredClone(before), structuredClone(event), policy, ALL_MODELS);
          return !isDeepStrictEqual(again, [after, effects]);
        })
        .map(({ event }) => event.type),
    );
    expect(found).toBeNull();
  });
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
