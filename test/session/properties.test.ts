import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { PublicStatus } from '../../protocol/status.ts';
import { requiredCues } from '../../server/decision/decide.ts';
import type { Effect } from '../../server/session/effect.ts';
import { initialState, isLive } from '../../server/session/state.ts';
import { transition } from '../../server/session/transition.ts';
import { ALL_MODELS, BASE_MODELS, SessionDriver, START_MS } from '../support/session-driver.ts';
import { subject } from '../support/subjects.ts';
import { broken, effectsOf } from './fuzz.ts';

function isSameMoment(a: PublicStatus, b: PublicStatus): boolean {
  return (
    a.hint === b.hint &&
    a.challenge?.kind === b.challenge?.kind &&
    a.challenge?.number === b.challenge?.number &&
    a.flash?.number === b.flash?.number
  );
}

describe('in any session', () => {
  it('(the fuzz reaches every phase and every kind of end)', () => {
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
        'confirming',
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

  it('R17 the newest waiting frame is analysed, and each frame is analysed or dropped at most once', () => {
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

  it('no wake-up is in the past, and a live session always has one', () => {
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
        effect.type === 'record-accept'
          ? requiredCues(policy, mode).filter((cue) => !effect.accept.assurance.measured.includes(cue))
          : [],
      );
      // A reference that is being stored is waited for.
      const stays = isLive(end) && !(end.phase === 'matching' && end.pending?.for === 'storage');
      return [...late, ...accepted, ...(stays ? [end.phase] : [])];
    });
    expect(found).toBeNull();
    expect(judged).toBeGreaterThan(10);
  });

  it('R27/R28 there is at most one decision, and nothing after the end', () => {
    const found = broken(({ turns }) => {
      const late = turns.filter(
        ({ before, event, after, effects }) =>
          (before.phase === 'decided' ||
            before.phase === 'closed' ||
            (before.phase === 'confirming' && event.type !== 'accept-recorded')) &&
          (effects.length > 0 || after !== before),
      );
      const again = effectsOf(turns, 'decide').slice(1);
      return [...late.map(({ event }) => event.type), ...again.map(({ effect }) => effect.outcome)];
    });
    expect(found).toBeNull();
  });

  it('every accept rests on a stored reference, and is on record', () => {
    let accepted = 0;
    const found = broken(({ turns }) =>
      effectsOf(turns, 'decide')
        .filter(({ effect }) => effect.outcome === 'accept')
        .filter(({ turn: { before, event } }) => {
          accepted += 1;
          return !(before.phase === 'confirming' && event.type === 'accept-recorded' && event.stands);
        })
        .map(({ turn }) => turn.before.phase),
    );
    expect(found).toBeNull();
    expect(accepted).toBeGreaterThan(0);
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

  it('the same events give exactly the same session, also from a cloned state', () => {
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
