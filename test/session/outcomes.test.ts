import { describe, expect, it } from 'vitest';
import { isExcused } from '../../server/identity/lock-out.ts';
import type { Candidate } from '../../server/matching/reference.ts';
import { ALICE, BOB, embeddingsOf, seeded, type Identity, type Look } from '../support/analysis-builder.ts';
import {
  ALL_MODELS,
  BASE_MODELS,
  SessionDriver,
  START_MS,
  type DriverOptions,
} from '../support/session-driver.ts';
import { flawlessPhotograph, photograph, subject, switchAt } from '../support/subjects.ts';

const SEEDS = [1, 2, 3, 4, 5];
const run = (options: DriverOptions, script = subject(), durationMs = 70_000) =>
  new SessionDriver(options).play(script, durationMs);
const candidate = (name: string, identity: Identity, seed = 5): Candidate => ({
  referenceId: `of ${name}`,
  subject: name,
  embeddings: embeddingsOf(identity, 0.35, seeded(seed)),
});
const outcomeOf = (driver: SessionDriver) => driver.decision?.outcome ?? driver.failure;

describe('a genuine subject', () => {
  it.each(['standard', 'blink-only', 'passive'])('is accepted by verify under %s', (policy) => {
    for (const seed of SEEDS) {
      const driver = run({ policy, seed });
      expect([seed, outcomeOf(driver), driver.decision?.reasons[0]]).toEqual([
        seed,
        'accept',
        'evidence-sufficient',
      ]);
      expect(driver.decision?.subject).toBe('alice');
      expect(driver.decision?.assurance.tier).toBe('full');
    }
  });

  it.each([
    'standard',
    'blink-only',
    'passive',
  ])('is enrolled under %s with probes that span a second', (policy) => {
    const driver = run({ policy, mode: 'enrol' });
    expect(outcomeOf(driver)).toBe('accept');
    const stored = driver.effects.find((effect) => effect.type === 'store-reference');
    expect(stored?.frames).toBeGreaterThanOrEqual(5);
    for (const vector of Object.values(stored?.embeddings ?? {}))
      expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
  });

  it('is identified among others, by score and margin', () => {
    const candidates = [candidate('alice', ALICE), candidate('bob', BOB)];
    const driver = run({ mode: 'identify', candidates });
    expect(driver.decision).toMatchObject({ outcome: 'accept', subject: 'alice' });
  });

  it('is compared by the best method that the candidate’s reference allows, whichever found it', () => {
    // By faceres alone, this candidate is no match.
    const { faceres } = embeddingsOf(BOB, 0.35, seeded(5));
    const { referenceId, embeddings } = candidate('alice', ALICE);
    const candidates = [{ referenceId, subject: 'alice', embeddings: { ...embeddings, faceres } }];
    expect(run({ mode: 'identify', candidates }).decision).toMatchObject({
      outcome: 'accept',
      subject: 'alice',
    });
  });

  it('is not identified when a second subject scores as high', () => {
    const candidates = [candidate('alice', ALICE, 5), candidate('twin', ALICE, 6)];
    expect(run({ mode: 'identify', candidates }).decision).toMatchObject({
      outcome: 're-verify',
      subject: null,
    });
  });

  it('is rejected by identify when the gallery holds no reference of theirs', () => {
    for (const candidates of [[], [candidate('bob', BOB)]])
      expect(run({ mode: 'identify', candidates }).decision).toMatchObject({
        outcome: 'reject',
        subject: null,
        reasons: ['no-candidate'],
      });
  });

  it('is accepted without the PAD networks, and the assurance says what was not measured', () => {
    const driver = run({ context: BASE_MODELS });
    expect(outcomeOf(driver)).toBe('accept');
    expect(driver.decision?.assurance).toMatchObject({ tier: 'base' });
    expect(driver.decision?.assurance.unmeasured).toContain('passive-pad');
    expect(driver.decision?.assurance.measured).not.toContain('passive-pad');
  });

  it('cannot be accepted under passive without the PAD networks, and is told so at once', () => {
    expect(run({ policy: 'passive', context: BASE_MODELS }).decision).toMatchObject({
      outcome: 're-verify',
      retry: 'never',
      reasons: ['required-cue-unmeasured'],
    });
  });

  it('whose subject has no reference ends at once, without a retry', () => {
    expect(run({ enrolled: null }).decision).toMatchObject({ outcome: 're-verify', retry: 'never' });
  });

  it.each([
    ['duplicate', 'reject', 'duplicate-subject'],
    ['failed', 're-verify', 'storage-failed'],
    ['erased', 're-verify', 'subject-erased'],
  ] as const)('whose enrolment ends as %s gets %s', (store, outcome, reason) => {
    expect(run({ mode: 'enrol', store }).decision).toMatchObject({ outcome, reasons: [reason] });
  });

  it('who leaves the picture and comes back goes on', () => {
    for (const seed of SEEDS) {
      const genuine = subject();
      const driver = run({ seed }, (atMs, status) =>
        atMs > START_MS + 1_600 && atMs < START_MS + 2_400 ? { found: false } : genuine(atMs, status),
      );
      expect([seed, outcomeOf(driver)]).toEqual([seed, 'accept']);
    }
  });
});

describe('a subject that is erased while its session runs', () => {
  const candidates = [candidate('alice', ALICE)];
  it.each([
    ['verify', 'reject', 'backoff'],
    ['identify', 'reject', 'backoff'],
    ['enrol', 're-verify', 'never'],
  ] as const)('is not accepted by %s, and the decision names no subject', (mode, outcome, retry) => {
    const driver = run({ mode, candidates, stands: false });
    expect(driver.decision).toMatchObject({ outcome, retry, subject: null, reasons: ['subject-erased'] });
    const accept = driver.effects.find((effect) => effect.type === 'record-accept')?.accept;
    expect(accept).toMatchObject({ outcome: 'accept', subject: 'alice' });
  });

  it.each([
    ['verify', 'r1'],
    ['identify', 'of alice'],
    ['enrol', 'new'],
  ] as const)('is accepted by %s only once that is on record, whatever else happens', (mode, restsOn) => {
    const driver = new SessionDriver({ mode, candidates });
    const genuine = subject();
    while (driver.state.phase !== 'confirming') driver.play(genuine, 5);
    expect(driver.state.accept.restsOn).toBe(restsOn);
    const before = driver.effects.length;
    const atMs = driver.nowMs;
    driver.dispatch({ type: 'frame', atMs, seq: 0, capturedAtMs: atMs, bytes: 1 });
    driver.dispatch({ type: 'deadline', atMs, draws: driver.draws() });
    driver.dispatch({ type: 'bye', atMs, reason: 'cancelled' });
    driver.dispatch({ type: 'disconnected', atMs });
    expect(driver.effects).toHaveLength(before);
    driver.letTimePass(atMs + 100);
    expect(driver.decision).toMatchObject({ outcome: 'accept', subject: 'alice', restsOn });
  });
});

describe('another person', () => {
  it.each(['standard', 'blink-only', 'passive'])('is rejected under %s', (policy) => {
    for (const seed of SEEDS) {
      const driver = run({ policy, seed }, subject({ identity: BOB }));
      expect(driver.decision?.outcome).toBe('reject');
      expect(driver.decision?.reasons[0]).toBe('match-below-threshold');
    }
  });

  it('is rejected in the base tier too', () => {
    expect(outcomeOf(run({ context: BASE_MODELS }, subject({ identity: BOB })))).toBe('reject');
  });

  it('who takes the subject’s place during the session is rejected', () => {
    for (const seed of SEEDS)
      for (const afterMs of [1_500, 2_500, 3_500]) {
        const swap = switchAt(START_MS + afterMs, subject(), subject({ identity: BOB }));
        const driver = run({ seed, enrolled: ALICE }, swap);
        expect([seed, afterMs, outcomeOf(driver), driver.decision?.reasons]).toEqual([
          seed,
          afterMs,
          'reject',
          ['face-changed'],
        ]);
      }
  });

  it('who answers the challenges for a photograph of the subject is rejected', () => {
    const bob = subject({ identity: BOB });
    const driver = run({ policy: 'blink-only', context: BASE_MODELS }, (atMs, status) =>
      status?.challenge === undefined ? flawlessPhotograph()(atMs, status) : bob(atMs, status),
    );
    expect(driver.decision).toMatchObject({ outcome: 'reject', reasons: ['face-changed'] });
  });
});

describe('a photograph of the subject', () => {
  it.each(['standard', 'blink-only', 'passive'])('is rejected by PAD under %s', (policy) => {
    expect(run({ policy }, photograph()).decision).toMatchObject({
      outcome: 'reject',
      reasons: ['pad-below-bar'],
    });
  });

  it.each([
    'standard',
    'blink-only',
    'passive',
  ])('is never accepted under %s, even if PAD does not detect it', (policy) => {
    for (const seed of SEEDS)
      for (const mode of ['verify', 'enrol'] as const)
        expect(outcomeOf(run({ policy, seed, mode }, flawlessPhotograph()))).toBe('re-verify');
  });

  it.each(['standard', 'blink-only'])('is never accepted under %s without the PAD networks', (policy) => {
    for (const seed of SEEDS)
      expect(outcomeOf(run({ policy, seed, context: BASE_MODELS }, flawlessPhotograph()))).toBe('re-verify');
  });

  it('sent as the same picture over and over is rejected as frozen', () => {
    const driver = run({}, () => ({ picture: 'one', sway: 0 }), 5_000);
    expect(driver.decision?.outcome).toBe('reject');
    expect(driver.decision?.reasons).toContain('frozen');
  });

  it('in a clip that is played in a loop is rejected', () => {
    let frame = 0;
    const driver = run({}, () => ({ picture: `frame ${frame++ % 40}` }), 10_000);
    expect(driver.decision).toMatchObject({ outcome: 'reject', reasons: ['injection-above-bar', 'looped'] });
  });
});

/** Shows pictures one after another to an enrolment that an operator vouches for. */
function photos(looks: readonly Look[], context = ALL_MODELS): SessionDriver {
  const driver = new SessionDriver({ policy: 'attended', mode: 'enrol', context });
  for (const look of looks) {
    driver.sendFrame({ followed: false, ...look });
    driver.letTimePass(driver.nowMs + 100);
  }
  driver.dispatch({ type: 'bye', atMs: driver.nowMs, reason: 'source-ended' });
  driver.letTimePass(driver.nowMs + 1_000);
  return driver;
}

describe('a camera that no picture can be judged by', () => {
  const grey: Look = { quality: { colourSpread: 0 }, bonaFideProbability: 0.02 };

  it.each([
    'verify',
    'enrol',
  ] as const)('is told at once, and ends in re-verify with the reason: %s', (mode) => {
    const driver = new SessionDriver({ mode });
    driver.play(() => grey, 400);
    expect(driver.status?.hint).toBe('no-colour');
    driver.play(() => grey, 70_000);
    expect(driver.decision).toMatchObject({ outcome: 're-verify', retry: 'now' });
    expect(driver.decision?.reasons[0]).toBe('camera-colourless');
    expect(isExcused({ outcome: 're-verify', reasons: driver.decision?.reasons ?? [] })).toBe(true);
  });

  it('is forgotten when it shows colours after all', () => {
    const driver = new SessionDriver({ seed: 1 }).play(() => grey, 2_000);
    driver.play(subject(), 70_000);
    expect(outcomeOf(driver)).toBe('accept');
  });

  it('is no excuse for whoever has seen a challenge', () => {
    const driver = new SessionDriver({ seed: 2 });
    const act = subject();
    let seen = false;
    driver.play((atMs, status) => {
      seen ||= status?.challenge !== undefined;
      return seen ? grey : act(atMs, status);
    }, 70_000);
    expect(driver.decision?.outcome).toBe('re-verify');
    expect(driver.decision?.reasons).not.toContain('camera-colourless');
    expect(isExcused({ outcome: 're-verify', reasons: driver.decision?.reasons ?? [] })).toBe(false);
  });

  it('is looked at upside down now and then only, and told of throughout', () => {
    const driver = new SessionDriver().play(() => ({ why: 'turned-face', found: false }), 4_000);
    const sought = driver.effects.flatMap((effect) =>
      effect.type === 'analyze' ? [effect.options.seekTurned === true] : [],
    );
    expect(sought.filter((seek) => seek).length).toBeLessThan(sought.length / 3);
    const hints = driver.statuses.slice(1).map(({ status }) => status.hint);
    expect(new Set(hints)).toEqual(new Set(['turn-camera']));
  });

  it('is told where it lies on its side', () => {
    const driver = new SessionDriver().play(() => ({ why: 'turned-face', found: false }), 70_000);
    expect(driver.statuses.some(({ status }) => status.hint === 'turn-camera')).toBe(true);
    expect(driver.decision?.reasons[0]).toBe('camera-turned');
  });
});

describe('a face that is covered', () => {
  it.each(['verify', 'enrol'] as const)('gives no probe, and is not accepted: %s', (mode) => {
    const act = subject();
    const driver = run({ mode }, (atMs, status) => ({ ...act(atMs, status), quality: { occlusion: 1 } }));
    expect(driver.decision?.outcome).toBe('re-verify');
    expect(driver.effects.some(({ type }) => type === 'store-reference')).toBe(false);
    expect(driver.statuses.some(({ status }) => status.hint === 'face-covered')).toBe(true);
    expect(
      photos([{ quality: { occlusion: 1 } }, { quality: { occlusion: 1 } }, { quality: { occlusion: 1 } }])
        .decision,
    ).toMatchObject({ outcome: 're-verify' });
  });
});

describe('an operator-vouched enrolment', () => {
  it('takes a few photographs of one face, wherever it is in them', () => {
    const driver = photos([
      { centreX: 200, size: 120 },
      { centreX: 420, yawDeg: 15 },
      { centreX: 300, size: 240, yawDeg: -12 },
    ]);
    expect(outcomeOf(driver)).toBe('accept');
    expect(driver.effects.find((effect) => effect.type === 'store-reference')?.frames).toBe(3);
    expect(driver.decision?.assurance.challengesPassed).toBe(0);
    expect(driver.decision?.assurance.unmeasured).toContain('challenge');
  });

  it('records the tier of the networks that it used', () => {
    expect(photos([{}, {}, {}]).decision?.assurance.tier).toBe('full');
    expect(photos([{}, {}, {}], BASE_MODELS).decision?.assurance.tier).toBe('base');
  });

  it('refuses photographs of two people', () => {
    expect(photos([{}, {}, { identity: BOB }, {}]).decision).toMatchObject({
      outcome: 'reject',
      reasons: ['face-changed'],
    });
  });

  it('does not count one photograph three times', () => {
    const driver = photos([{ picture: 'a' }, { picture: 'b' }, { picture: 'a' }, { picture: 'b' }]);
    expect(driver.decision).toMatchObject({ outcome: 're-verify' });
    expect(driver.decision?.reasons).toContain('source-ended');
  });
});
