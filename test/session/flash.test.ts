import { describe, expect, it } from 'vitest';
import { initialState } from '../../server/session/state.ts';
import { transition } from '../../server/session/transition.ts';
import type { Script } from '../support/analysis-builder.ts';
import { ScreenLight, type ScreenLightOptions } from '../support/screen-light.ts';
import { SessionDriver, START_MS, type DriverOptions } from '../support/session-driver.ts';
import { subject } from '../support/subjects.ts';

/** A cooperative subject in the light of a screen. `shows`: the client shows the colours that it is told. */
function lit(
  options: ScreenLightOptions,
  shows: (told: string | null, atMs: number) => string | null = (told) => told,
): Script {
  const light = new ScreenLight(options);
  const acts = subject();
  return (atMs, status) => {
    light.show(shows(status?.flash?.colour ?? null, atMs), atMs);
    return { ...acts(atMs, status), colours: light.coloursAt(atMs) };
  };
}

/** A recording that was made in front of a screen with other colours. */
const recorded = (options: ScreenLightOptions): Script => {
  const others = ['#4a7dff', '#ffb400', '#2fe0ff', '#ff4fd0', '#00e05a', '#ffb400', '#2a5bff', '#00e05a'];
  return lit(options, (told, atMs) =>
    told === null ? null : (others[Math.floor(atMs / 400) % others.length] ?? null),
  );
};

const run = (script: Script, options: DriverOptions = {}) =>
  new SessionDriver({ policy: 'standard-flash', flash: true, ...options }).play(script, 40_000);

const flashOf = ({ decision }: SessionDriver) => decision?.evidence.flash;

describe('a session that shows colours', () => {
  const driver = run(lit({ seed: 3 }));

  it('accepts skin that follows them, and reports the cue as measured', () => {
    expect(driver.decision).toMatchObject({ outcome: 'accept' });
    expect(driver.decision?.assurance.measured).toContain('flash');
  });

  it('R39, R40: reveals each as it starts, at most three a second, and ends with a status without one', () => {
    const changes = driver.statuses
      .map(({ atMs, status: { phase, flash } }) => ({ atMs, phase, flash }))
      .filter(({ flash }, i, all) => flash?.number !== all[i - 1]?.flash?.number);
    const shown = changes.filter(({ flash }) => flash !== undefined);
    expect(shown.map(({ flash }) => flash?.number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(new Set(shown.map(({ phase }) => phase))).toEqual(new Set(['matching']));
    for (const [i, { atMs, flash }] of shown.entries()) {
      expect(flash).toMatchObject({ of: 8, colour: expect.stringMatching(/^#[0-9a-f]{6}$/) });
      const inThisSecond = shown.slice(i).filter((other) => other.atMs < atMs + 1_000);
      expect(inThisSecond.length).toBeLessThanOrEqual(3);
    }
    expect(changes.at(-1)?.flash).toBeUndefined();
  });

  it('is rejected when skin follows another sequence, whatever else it shows', () => {
    const { decision } = run(recorded({ seed: 8, share: 0.25 }), { policy: 'standard' });
    expect(decision).toMatchObject({ outcome: 'reject', reasons: ['flash-contradicted'] });
  });

  it.each([
    ['standard-flash', 're-verify'],
    ['standard', 'accept'],
  ])('under %s, skin that follows nothing ends in %s: unmeasured is not passed', (policy, outcome) => {
    const still = run(subject(), { policy });
    expect(still.decision).toMatchObject({ outcome });
    expect((still.statuses.at(-1)?.atMs ?? Infinity) - START_MS).toBeLessThan(20_000);
    expect(flashOf(still)).toEqual({ measured: false, why: 'response-too-weak' });
  });

  it('asks frames for colours only while they are shown', () => {
    const { effects, events } = driver;
    const asked = effects.filter((effect) => effect.type === 'analyze' && effect.options.colours === true);
    const analysed = events.filter(({ type }) => type === 'analyzed');
    expect(asked.length).toBeGreaterThan(60);
    expect(asked.length).toBeLessThan(analysed.length);
  });

  it('gives the same effects when its events are replayed', () => {
    const { events, policy, context, request, effects } = driver;
    let state = initialState(request, START_MS);
    const again = events.flatMap((event) => {
      const [next, done] = transition(state, event, policy, context);
      state = next;
      return done;
    });
    expect(again).toEqual(effects);
  });
});

describe('a session whose client shows none', () => {
  it('runs without them under standard, and says that they were not measured', () => {
    const driver = run(subject(), { policy: 'standard', flash: false });
    expect(driver.decision).toMatchObject({ outcome: 'accept' });
    expect(driver.decision?.assurance.unmeasured).toContain('flash');
    expect(flashOf(driver)).toEqual({ measured: false, why: 'not-offered' });
    expect(driver.statuses.every(({ status }) => status.flash === undefined)).toBe(true);
  });

  it('ends at once under standard-flash: trying again changes nothing', () => {
    const driver = run(subject(), { flash: false });
    expect(driver.decision).toMatchObject({
      outcome: 're-verify',
      retry: 'never',
      reasons: ['required-cue-unmeasured'],
    });
    expect(driver.events.map(({ type }) => type)).toEqual(['hello', 'references']);
  });

  it('is told none under a policy that shows none', () => {
    const driver = run(subject(), { policy: 'passive', flash: true });
    expect(driver.statuses.every(({ status }) => status.flash === undefined)).toBe(true);
  });
});
