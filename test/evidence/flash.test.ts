import { describe, expect, it } from 'vitest';
import { policyFor } from '../../server/policy/built-in.ts';
import type { FlashPolicy } from '../../server/policy/flash.ts';
import {
  colourShown,
  flashEvidence,
  foldFlash,
  nextFlashTime,
  passFlashTime,
  startFlash,
  type FlashFinding,
  type FlashRun,
} from '../../server/evidence/flash.ts';
import { FLASH_COLOURS } from '../../server/evidence/flash-colours.ts';
import type { FlashColours } from '../../server/vision/flash-colours.ts';
import { seeded } from '../support/analysis-builder.ts';
import { ScreenLight, type ScreenLightOptions } from '../support/screen-light.ts';

/*
 * All light here is simulated (`ScreenLight`): there are no recordings of faces under a flashing screen.
 */

function flashPolicy(): FlashPolicy {
  const { flash } = policyFor('standard');
  if (flash === null) throw new Error('standard shows colours');
  return flash;
}
const policy = flashPolicy();
const START_MS = 5_000;

interface Film {
  readonly seed: number;
  readonly framesPerSecond?: number;
  /** The most by which frames arrive late. */
  readonly jitterMs?: number;
  readonly coloursAt: (atMs: number, run: FlashRun) => FlashColours | null;
  readonly shownAt?: (atMs: number, run: FlashRun) => number | null;
}

/** Runs a sequence to its end, as a session does, on a virtual clock. */
function film({ seed, framesPerSecond = 25, jitterMs = 30, coloursAt, shownAt }: Film): FlashRun {
  const random = seeded(seed);
  let run = startFlash(START_MS, random());
  let nextFrameMs = START_MS;
  for (;;) {
    const dueMs = nextFlashTime(run, nextFrameMs, policy);
    if (dueMs === null) return run;
    if (dueMs <= nextFrameMs) {
      run = passFlashTime(run, dueMs, random(), policy);
      continue;
    }
    const atMs = nextFrameMs + jitterMs * random();
    run = foldFlash(run, atMs, coloursAt(nextFrameMs, run), shownAt?.(atMs, run) ?? null);
    nextFrameMs += 1000 / framesPerSecond;
  }
}

/** A person in front of a screen that shows what it is told. */
function livePerson(options: ScreenLightOptions) {
  const light = new ScreenLight(options);
  return (atMs: number, run: FlashRun) => {
    light.show(colourShown(run, atMs, policy)?.hex ?? null, atMs);
    return light.coloursAt(atMs);
  };
}

/** A recording of a person in front of a screen that showed another sequence. */
function recordedPerson(options: ScreenLightOptions) {
  const random = seeded(options.seed + 77);
  const light = new ScreenLight(options);
  const steps = film({ seed: options.seed + 99, coloursAt: () => null }).steps;
  const shiftMs = 200 * random();
  return (atMs: number) => {
    const step = steps.findLast(({ fromMs }) => fromMs + shiftMs <= atMs);
    light.show(step?.colour.hex ?? null, atMs);
    return light.coloursAt(atMs);
  };
}

function findingsOf(
  count: number,
  play: (seed: number, random: () => number) => Omit<Film, 'seed'>,
): readonly FlashFinding[] {
  return Array.from({ length: count }, (_, seed) => {
    const { finding } = film({ seed, ...play(seed, seeded(seed + 1_000)) });
    if (finding === null) throw new Error('not judged');
    return finding;
  });
}

const shareOf = (findings: readonly FlashFinding[], kind: FlashFinding['kind']) =>
  findings.filter((finding) => finding.kind === kind).length / findings.length;

const anyCamera = (random: () => number) => ({
  framesPerSecond: 12 + 18 * random(),
  jitterMs: 40 * random(),
});

describe('light of a screen on skin (simulated)', () => {
  it('is found in 99 % of bona fide sequences, at any lag, frame rate and white balance', () => {
    const findings = findingsOf(300, (seed, random) => ({
      ...anyCamera(random),
      coloursAt: livePerson({
        seed,
        share: 0.05 + 0.3 * random(),
        lagMs: 50 + 350 * random(),
        whiteBalance: random(),
      }),
    }));
    expect(shareOf(findings, 'followed')).toBeGreaterThanOrEqual(0.99);
    expect(shareOf(findings, 'contradicted')).toBe(0);
  });

  it('that followed another sequence never passes for the one shown, and is mostly found to contradict it', () => {
    const findings = findingsOf(1_000, (seed, random) => ({
      ...anyCamera(random),
      coloursAt: recordedPerson({ seed, share: 0.1 + 0.2 * random(), lagMs: 50 + 350 * random() }),
    }));
    expect(shareOf(findings, 'followed')).toBeLessThanOrEqual(0.001);
    expect(shareOf(findings, 'contradicted')).toBeGreaterThan(0.5);
  });

  it('is not found where there is none, and that is no evidence', () => {
    const findings = findingsOf(300, (seed, random) => {
      const light = new ScreenLight({ seed, drift: 0.015 });
      return { ...anyCamera(random), coloursAt: (atMs) => light.coloursAt(atMs) };
    });
    expect(shareOf(findings, 'unclear')).toBe(1);
  });

  it('is outshone by daylight, and that is no evidence', () => {
    const findings = findingsOf(100, (seed) => ({ coloursAt: livePerson({ seed, share: 0.004 }) }));
    expect(shareOf(findings, 'unclear')).toBe(1);
    expect(findings).toContainEqual({ kind: 'unclear', why: 'response-too-weak' });
  });

  it('is not judged on skin that is too bright: clipped channels look like other colours', () => {
    const findings = findingsOf(50, (seed) => {
      const light = livePerson({ seed, share: 0.2 });
      const over = (value: number) => Math.min(255, 1.6 * value);
      return {
        coloursAt: (atMs, run) => {
          const { face, background } = light(atMs, run);
          const { red, green, blue, pixels } = face;
          return { face: { red: over(red), green: over(green), blue: over(blue), pixels }, background };
        },
      };
    });
    expect(shareOf(findings, 'contradicted')).toBe(0);
    expect(findings).toContainEqual({ kind: 'unclear', why: 'badly-exposed' });
  });

  it('that the whole picture reflects alike is no evidence: a flat picture does so too', () => {
    const findings = findingsOf(100, (seed) => {
      const light = new ScreenLight({ seed, share: 0.15 });
      return {
        coloursAt: (atMs, run) => {
          light.show(colourShown(run, atMs, policy)?.hex ?? null, atMs);
          const { face } = light.coloursAt(atMs);
          return { face, background: face };
        },
      };
    });
    expect(findings).toEqual(findings.map(() => ({ kind: 'unclear', why: 'background-follows' })));
  });

  it('is not judged by a face that is not seen, or only now and then', () => {
    const person = livePerson({ seed: 4 });
    const seldom = film({
      seed: 4,
      coloursAt: (atMs, run) => (atMs % 1_600 < 800 ? null : person(atMs, run)),
    });
    expect(flashEvidence(seldom)).toEqual({ measured: false, why: 'too-few-frames' });
    expect(flashEvidence(null)).toEqual({ measured: false, why: 'not-started' });
  });
});

describe('the numbers that a client sends with its frames', () => {
  const person = () => livePerson({ seed: 2, lagMs: 120 });
  const finding = (shownAt: Film['shownAt']) =>
    film({ seed: 2, coloursAt: person(), ...(shownAt === undefined ? {} : { shownAt }) }).finding;

  it('are not needed, and change nothing when they are plausible', () => {
    const stamped = finding((_atMs, { steps }) => Math.max(1, steps.length - 1));
    expect(stamped).toMatchObject({ kind: 'followed' });
    expect(stamped).toEqual(finding(undefined));
  });

  it.each([
    ['ahead of what was revealed', (_atMs: number, { steps }: FlashRun) => steps.length + 1],
    ['that go back', (atMs: number, { steps }: FlashRun) => (atMs < START_MS + 2_000 ? steps.length : 1)],
  ])('are not plausible: %s', (_what, shownAt) => {
    expect(finding(shownAt)).toEqual({ kind: 'unclear', why: 'implausible-stamps' });
  });
});

describe('a sequence', () => {
  const runs = Array.from({ length: 50 }, (_, seed) => film({ seed, coloursAt: () => null }));

  it('changes at most three times in any second, and always changes', () => {
    for (const { steps } of runs) {
      expect(steps).toHaveLength(policy.count);
      for (const [i, { fromMs, colour }] of steps.entries()) {
        expect(
          steps.filter((other) => other.fromMs >= fromMs && other.fromMs < fromMs + 1_000).length,
        ).toBeLessThanOrEqual(3);
        if (i > 0) expect(colour).not.toBe(steps[i - 1]?.colour);
      }
    }
  });

  it('has no saturated red (WCAG 2.2: R / (R + G + B) of .8 and more), and is drawn anew each time', () => {
    for (const { red, green, blue } of FLASH_COLOURS) expect(red / (red + green + blue)).toBeLessThan(0.8);
    const sequences = runs.map(({ steps }) => steps.map(({ colour }) => colour.hex).join());
    expect(new Set(sequences).size).toBe(runs.length);
  });
});
