import { describe, expect, it } from 'vitest';
import type { ChallengeKind } from '../../protocol/status.ts';
import { isTurn } from '../../server/evidence/gesture.ts';
import { MAX_RESTS } from '../../server/policy/relief.ts';
import type { TurnRelief } from '../../server/vision/relief/turn-relief.ts';
import { FLAT_RELIEF, HEAD_RELIEF, type Script } from '../support/analysis-builder.ts';
import { SessionDriver, type DriverOptions } from '../support/session-driver.ts';
import { subject } from '../support/subjects.ts';

const SEEDS = [1, 2, 3, 4];
const run = (options: DriverOptions, script: Script = subject()) =>
  new SessionDriver(options).play(script, 70_000);

/** Someone who does all that is asked; the turns of both sides show this. */
const showing = (relief: TurnRelief | null) => subject({ look: { relief } });

const announced = ({ statuses }: SessionDriver): readonly ChallengeKind[] => {
  const kinds = new Map<number, ChallengeKind>();
  for (const { status } of statuses)
    if (status.challenge !== undefined) kinds.set(status.challenge.number, status.challenge.kind);
  return [...kinds.values()];
};

/** Frames that a worker was asked to measure, and those of which it was to make a texture. */
const asked = ({ effects }: Pick<SessionDriver, 'effects'>) => {
  const analyses = effects.filter((effect) => effect.type === 'analyze');
  return {
    measured: analyses.filter(({ options }) => options.relief !== undefined),
    textured: analyses.filter(({ options }) => options.texture === true),
    all: analyses,
  };
};

describe('relief in a session', () => {
  it.each([
    'standard',
    'standard-flash',
  ])('%s always asks for a turn, and accepts when it shows a head', (policy) => {
    for (const seed of SEEDS) {
      const driver = run({ policy, seed, flash: policy === 'standard-flash' });
      expect(announced(driver).some(isTurn)).toBe(true);
      if (policy === 'standard') expect(driver.decision).toMatchObject({ outcome: 'accept' });
    }
  });

  it.each(
    SEEDS,
  )('is no turn when nothing of it could be measured: the session ends in re-verify (seed %s)', (seed) => {
    const { decision } = run({ seed }, showing(null));
    expect(decision).toMatchObject({ outcome: 're-verify', evidence: { relief: { measured: false } } });
    expect(decision?.reasons).toContain('required-cue-unmeasured');
  });

  it.each(SEEDS)('accepts no warped picture, whatever else it answers (seed %s)', (seed) => {
    const { decision } = run({ seed }, showing(FLAT_RELIEF));
    expect(decision?.outcome).not.toBe('accept');
    expect(decision?.evidence.relief).toMatchObject({ measured: true, score: 0 });
  });

  it('asks for one more turn when none has shown a head, and lets it save the person', () => {
    for (const seed of SEEDS) {
      const plain = announced(run({ seed }));
      const turns = plain.filter(isTurn).length;
      let begun = 0;
      let wasTurned = false;
      const script = subject();
      const driver = run({ seed }, (atMs, status) => {
        const look = script(atMs, status);
        const isTurned = Math.abs(look.yawDeg ?? 0) > 10;
        if (isTurned && !wasTurned) begun++;
        wasTurned = isTurned;
        return { ...look, relief: begun > turns ? HEAD_RELIEF : null };
      });
      const all = announced(driver);
      expect(all.length).toBe(plain.length + 1);
      expect(all.slice(0, -1)).toEqual(plain);
      expect(isTurn(all[all.length - 1])).toBe(true);
      expect(driver.decision).toMatchObject({ outcome: 'accept' });
    }
  });

  it('counts a turn or a nod only while one is asked for', () => {
    const { effects, events, statuses } = run({ seed: 1 });
    const atMs = new Map(
      events.flatMap((event) => (event.type === 'frame' ? [[event.seq, event.atMs]] : [])),
    );
    for (const { seq, options } of asked({ effects }).measured) {
      const shown = statuses.findLast((one) => one.atMs <= (atMs.get(seq) ?? 0) + 50)?.status;
      expect(shown?.challenge?.kind).toMatch(/^(turn|look)-/);
      const [range] = options.relief ?? [];
      expect(shown?.challenge?.kind.startsWith('turn')).toBe(range?.move === 'turn');
    }
  });

  it('keeps few pictures at rest, and measures few frames of a turn', () => {
    const driver = run({ seed: 1 });
    const { measured, textured, all } = asked(driver);
    expect(textured.length).toBeGreaterThan(MAX_RESTS);
    expect(measured.every(({ rests }) => rests.length > 0)).toBe(true);
    for (const { rests } of all) expect(rests.length).toBeLessThanOrEqual(MAX_RESTS);
    for (const { frames } of driver.policy.relief ? turnsOf(driver) : [])
      expect(frames.length).toBeLessThanOrEqual(driver.policy.relief.maxFrames);
  });

  it.each(['passive', 'blink-only'])('%s, which asks for no turn, does without', (policy) => {
    const driver = run({ policy, seed: 1 });
    expect(driver.decision).toMatchObject({ outcome: 'accept' });
    if (policy === 'passive') expect(asked(driver).textured).toEqual([]);
  });

  it('is as good in a look up and one down: a person whose turns show nothing is accepted', () => {
    const script = subject();
    const outcomes = SEEDS.map((seed) => {
      const driver = run({ seed }, (atMs, status) => {
        const look = script(atMs, status);
        return { ...look, relief: Math.abs(look.yawDeg ?? 0) > 10 ? null : HEAD_RELIEF };
      });
      const kinds = announced(driver);
      return [kinds.includes('look-up') && kinds.includes('look-down'), driver.decision?.outcome];
    });
    for (const [hasNodded, outcome] of outcomes) expect(outcome).toBe(hasNodded ? 'accept' : 're-verify');
    expect(outcomes.map(([hasNodded]) => hasNodded)).toContain(true);
  });

  it('tells the client nothing of what was measured', () => {
    const [flat, unmeasured] = [FLAT_RELIEF, null].map((relief) => run({ seed: 1 }, showing(relief)));
    for (const { statuses } of [flat, unmeasured])
      expect(JSON.stringify(statuses)).not.toMatch(/relief|hair|flat/i);
  });
});

function turnsOf({ state }: SessionDriver): readonly { readonly frames: readonly unknown[] }[] {
  return 'live' in state ? state.live.gathered.cues.relief.turns : [];
}
