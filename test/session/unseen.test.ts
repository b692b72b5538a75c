import { describe, expect, it } from 'vitest';
import type { ChallengeKind } from '../../protocol/status.ts';
import { BASE_MODELS, ALL_MODELS, SessionDriver, type DriverOptions } from '../support/session-driver.ts';
import type { Look, Script } from '../support/analysis-builder.ts';
import { gesture, subject } from '../support/subjects.ts';

const SEEDS = [1, 2, 3, 4, 5, 6];
const LONG_MS = 70_000;
const REACTION_MS = 450;

const endOf = (kind: ChallengeKind): Look => (kind === 'blink' ? { openness: 0.4 } : gesture(kind, 1));

/** Shows a picture of the end of what is asked, then rest again: another picture at most `picturesPerSecond` times. */
function stills(picturesPerSecond: number): Script {
  const tickMs = 1000 / picturesPerSecond;
  let asked: { readonly key: string; readonly kind: ChallengeKind; readonly fromMs: number } | null = null;
  return (atMs, status) => {
    const { challenge } = status ?? {};
    const key = challenge === undefined ? null : `${challenge.number} ${challenge.kind}`;
    if (challenge === undefined || key === null) asked = null;
    else if (asked?.key !== key || atMs > asked.fromMs + 1_600)
      asked = { key, kind: challenge.kind, fromMs: Math.ceil((atMs + REACTION_MS) / tickMs) * tickMs };
    if (asked === null) return {};
    const shownMs = asked.kind === 'blink' ? Math.max(125, tickMs) : Math.max(700, tickMs);
    return atMs >= asked.fromMs && atMs < asked.fromMs + shownMs ? endOf(asked.kind) : {};
  };
}

/** As `script`, but what it does of these kinds is over in one frame: no frame shows it on its way. */
function jumping(kinds: readonly ChallengeKind[], script: Script, shownMs = 600): Script {
  let asked: { readonly key: string; readonly kind: ChallengeKind; readonly fromMs: number } | null = null;
  return (atMs, status) => {
    const { challenge } = status ?? {};
    if (challenge !== undefined && kinds.includes(challenge.kind)) {
      const key = `${challenge.number} ${challenge.kind}`;
      if (asked?.key !== key || atMs > asked.fromMs + 1_500)
        asked = { key, kind: challenge.kind, fromMs: atMs + REACTION_MS };
    }
    if (asked === null) return script(atMs, status);
    if (atMs >= asked.fromMs && atMs < asked.fromMs + shownMs) return endOf(asked.kind);
    if (challenge !== undefined && kinds.includes(challenge.kind)) return {};
    if (atMs >= asked.fromMs + shownMs) asked = null;
    return script(atMs, status);
  };
}

const play = (options: DriverOptions, script: Script) => new SessionDriver(options).play(script, LONG_MS);
const hintsOf = (driver: SessionDriver) => new Set(driver.statuses.map(({ status }) => status.hint));

describe('still pictures of a face at rest and at the end of each gesture', () => {
  it.each([
    2, 4, 8,
  ])('at %d a second are never accepted, in whatever number of frames they are sent', (rate) => {
    for (const context of [ALL_MODELS, BASE_MODELS])
      for (const framesPerSecond of [12, 15, 25, 30])
        for (const seed of SEEDS.slice(0, 3)) {
          const { decision } = play({ seed, context, framesPerSecond }, stills(rate));
          expect([seed, framesPerSecond, decision?.outcome]).not.toEqual([seed, framesPerSecond, 'accept']);
        }
  });

  it('fail for what was not seen, and are first asked for it again', () => {
    const driver = play({ seed: 2 }, stills(4));
    expect(driver.decision?.outcome).toBe('re-verify');
    expect(driver.decision?.reasons).toContain('gesture-unseen');
    expect(hintsOf(driver)).toContain('again-slower');
  });

  it('do not pass for a blink either', () => {
    for (const rate of [2, 4, 8])
      for (const seed of SEEDS) {
        const { decision } = play({ seed, policy: 'blink-only' }, stills(rate));
        expect([seed, decision?.outcome]).toEqual([seed, 're-verify']);
      }
  });
});

describe('a person', () => {
  it('who sends few frames during a challenge is told that it is the connection, and not accepted', () => {
    for (const seed of SEEDS)
      for (const rate of [2, 4, 6]) {
        const driver = new SessionDriver({ seed });
        driver.play(subject(), LONG_MS, () => (driver.status?.challenge === undefined ? 40 : 1000 / rate));
        expect([seed, rate, driver.decision?.outcome]).toEqual([seed, rate, 're-verify']);
        expect(driver.decision?.reasons[0]).toBe('connection-too-slow');
      }
  });

  it.each([
    ['the mouth', ['open-mouth', 'smile']],
    ['the lids', ['blink']],
  ] as const)('whose moves of %s no frame shows is asked for another gesture, and accepted', (_, kinds) => {
    for (const seed of SEEDS) {
      const script = jumping(
        kinds,
        subject({ blinkEveryMs: null }),
        kinds.includes('blink' as never) ? 160 : 600,
      );
      const { decision } = play({ seed, context: BASE_MODELS }, script);
      expect([seed, decision?.outcome]).toEqual([seed, 'accept']);
    }
  });

  it('whose frames are lost in the middle of one gesture is asked again, and accepted', () => {
    for (const seed of SEEDS) {
      const driver = new SessionDriver({ seed });
      let askedMs: number | null = null;
      driver.play(subject(), LONG_MS, () => {
        if (driver.status?.challenge !== undefined) askedMs ??= driver.nowMs;
        const sinceMs = askedMs === null ? 0 : driver.nowMs - askedMs;
        return sinceMs > REACTION_MS && sinceMs < REACTION_MS + 60 ? 380 : 40;
      });
      expect([seed, driver.decision?.outcome]).toEqual([seed, 'accept']);
      // Who blinked hears nothing: blinks come again by themselves.
      const first = driver.statuses.find(({ status }) => status.challenge !== undefined);
      if (first?.status.challenge?.kind !== 'blink') expect(hintsOf(driver)).toContain('again-slower');
    }
  });
});
