import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  claimedSessionOf,
  DECISION_ERRORS,
  DecisionError,
  type DecisionExpectation,
  fixedKeys,
  verifyDecision,
} from '../../client/backend/index.ts';
import { ALTERED, base64 } from './altered.ts';
import type { ShownTrust } from '../../server/decision/reasons.ts';
import { createSigner, DECIDED_AT_MS, DECISION, type Difference, ISSUER, type Signer } from './signer.ts';

let signer: Signer;
let expected: DecisionExpectation & { outcome?: 'accept' };
beforeAll(async () => {
  signer = await createSigner();
  expected = {
    keys: fixedKeys(signer.jwks),
    issuer: ISSUER,
    audience: 'shop',
    session: 'session-1',
    nonce: 'nonce-1',
    mode: 'verify',
    policy: 'standard',
    subject: 'ada',
    atMs: DECIDED_AT_MS + 1_000,
  };
});
afterAll(() => signer[Symbol.asyncDispose]());

const codeOf = async (token: string, difference: Partial<DecisionExpectation> = {}) => {
  try {
    await verifyDecision(token, { ...expected, ...difference });
    return 'holds';
  } catch (error) {
    if (error instanceof DecisionError) return error.code;
    throw error;
  }
};

describe('verifyDecision', () => {
  it('tells what a token says that proves all that was expected', async () => {
    expect(await verifyDecision(await signer.sign(), expected)).toEqual({
      sessionId: 'session-1',
      mode: 'verify',
      policy: 'standard',
      nonce: 'nonce-1',
      issuer: ISSUER,
      audience: ['shop'],
      outcome: 'accept',
      subject: 'ada',
      decidedAtMs: DECIDED_AT_MS,
      expiresAtMs: DECIDED_AT_MS + 300_000,
      assurance: {
        tier: 'base',
        measured: ['match'],
        unmeasured: ['passive-pad'],
        challengesPassed: 2,
        openTo: null,
      },
      capture: 'unattested',
      captureBy: null,
      possession: null,
    });
  });

  describe('what was shown beside the pictures', () => {
    const shown = async (trust: ShownTrust, difference: Difference = {}) =>
      await signer.sign({ ...difference, assurance: { ...DECISION.assurance, trust } });
    const nothing: ShownTrust = { capture: 'unattested', possession: null, openTo: ['rendered-injection'] };
    const asserted: ShownTrust = {
      ...nothing,
      possession: { proof: 'assertion', userVerified: false },
      openTo: [],
    };

    it('is told, with who answers for it', async () => {
      const trust: ShownTrust = { ...asserted, capture: 'kiosk-signed' };
      expect(await verifyDecision(await shown(trust, { captureBy: 'key-1' }), expected)).toMatchObject({
        capture: 'kiosk-signed',
        captureBy: 'key-1',
        possession: { proof: 'assertion', userVerified: false },
        assurance: { openTo: [] },
      });
    });

    it('is refused as possession without a key that the subject had before, verified where that is demanded', async () => {
      const registered: ShownTrust = {
        ...nothing,
        possession: { proof: 'registration', userVerified: true },
      };
      const verified: ShownTrust = { ...nothing, possession: { proof: 'assertion', userVerified: true } };
      const required = { possession: 'required' } as const;
      const strict = { possession: 'user-verified' } as const;
      expect(await codeOf(await signer.sign(), required)).toBe('possession');
      for (const trust of [nothing, registered])
        expect(await codeOf(await shown(trust), required)).toBe('possession');
      expect(await codeOf(await shown(asserted), required)).toBe('holds');
      expect(await codeOf(await shown(asserted), strict)).toBe('possession');
      expect(await codeOf(await shown(verified), strict)).toBe('holds');
      const enrolment = await shown(registered, { request: { mode: 'enrol' } });
      expect(await codeOf(enrolment, { ...strict, mode: 'enrol' })).toBe('holds');
    });

    it('is refused as capture where the camera was controlled otherwise, or not', async () => {
      const attested: ShownTrust = { ...nothing, capture: 'attested' };
      expect(await codeOf(await signer.sign(), { capture: 'attested' })).toBe('capture');
      expect(await codeOf(await shown(nothing), { capture: 'kiosk-signed' })).toBe('capture');
      expect(await codeOf(await shown(attested), { capture: 'kiosk-signed' })).toBe('capture');
      expect(await codeOf(await shown(attested), { capture: ['kiosk-signed', 'attested'] })).toBe('holds');
      expect(await codeOf(await signer.sign(), { capture: 'unattested' })).toBe('holds');
    });

    it('is demanded of accepts alone', async () => {
      const refused = await shown(nothing, { outcome: 're-verify' });
      expect(
        await codeOf(refused, { outcome: 're-verify', possession: 'required', capture: 'attested' }),
      ).toBe('holds');
    });
  });

  it.each(ALTERED)('refuses as %s a token that %s', async (code, _, token) => {
    expect(await codeOf(await token(signer))).toBe(code);
  });

  it('refuses what is no text', async () => {
    for (const token of [undefined, null, 1, {}, [await signer.sign()]])
      expect(await codeOf(token as string)).toBe('malformed');
  });

  it('refuses a token that is older, or was made with fewer models, than was asked for', async () => {
    const token = await signer.sign();
    const late = { atMs: DECIDED_AT_MS + 40_001, maxAgeMs: 30_000 };
    expect(await codeOf(token, late)).toBe('age');
    expect(await codeOf(token, { ...late, maxAgeMs: 31_000 })).toBe('holds');
    expect(await codeOf(token, { minimumTier: 'full' })).toBe('tier');
    const full = await signer.sign({
      assurance: { tier: 'full', measured: [], unmeasured: [], challengesPassed: 0 },
    });
    expect(await codeOf(full, { minimumTier: 'full' })).toBe('holds');
  });

  it('has a case for each code of the table', () => {
    const tried = new Set<string>(['age', 'tier', 'capture', 'possession', ...ALTERED.map(([code]) => code)]);
    expect([...tried].toSorted()).toEqual(Object.keys(DECISION_ERRORS).toSorted());
  });

  it('takes a token whose clock differs by as much as is allowed, and no more', async () => {
    const token = await signer.sign();
    const endMs = DECIDED_AT_MS + 300_000;
    expect(await codeOf(token, { atMs: endMs + 9_999 })).toBe('holds');
    expect(await codeOf(token, { atMs: endMs + 10_000 })).toBe('expired');
    expect(await codeOf(token, { atMs: endMs, clockToleranceMs: 0 })).toBe('expired');
    expect(await codeOf(token, { atMs: endMs - 1, clockToleranceMs: 0 })).toBe('holds');
    expect(await codeOf(token, { atMs: DECIDED_AT_MS - 10_000 })).toBe('holds');
    expect(await codeOf(token, { atMs: DECIDED_AT_MS - 10_001 })).toBe('not_yet_valid');
    for (const clockToleranceMs of [-1, 60_001, Number.NaN])
      await expect(verifyDecision(token, { ...expected, clockToleranceMs })).rejects.toThrow(RangeError);
    for (const wrong of [{ maxAgeMs: -1 }, { maxAgeMs: Number.NaN }, { atMs: Number.NaN }])
      await expect(verifyDecision(token, { ...expected, ...wrong })).rejects.toThrow(RangeError);
  });

  it('judges by the clock of this machine unless a time is given', async () => {
    const { atMs: _, ...now } = expected;
    await expect(verifyDecision(await signer.sign({ atMs: Date.now() }), now)).resolves.toBeDefined();
    await expect(
      verifyDecision(await signer.sign({ atMs: Date.now() - 600_000 }), now),
    ).rejects.toMatchObject({ code: 'expired' });
  });

  it('takes one of a list of policies and of audiences', async () => {
    const token = await signer.sign({ request: { policy: 'standard-flash' } });
    expect(await codeOf(token, { policy: ['standard', 'standard-flash'] })).toBe('holds');
    expect(await codeOf(token, { policy: [] })).toBe('policy');
    const several = await signer.resign({ claims: (claims) => ({ ...claims, aud: ['bank', 'shop'] }) });
    expect(await codeOf(several)).toBe('holds');
  });

  it('leaves unchecked what is null, and nothing else', async () => {
    const token = await signer.sign();
    const other = {
      issuer: 'other',
      audience: 'other',
      session: 'other',
      nonce: 'other',
      mode: 'enrol',
      policy: 'other',
      subject: 'other',
    } as const;
    for (const name of Object.keys(other) as (keyof typeof other)[]) {
      expect([name, await codeOf(token, { [name]: other[name] })]).toEqual([name, name]);
      expect([name, await codeOf(token, { [name]: null })]).toEqual([name, 'holds']);
    }
  });

  it('wants every expectation said', async () => {
    const token = await signer.sign();
    for (const name of ['keys', 'issuer', 'audience', 'session', 'nonce', 'mode', 'policy', 'subject'])
      await expect(verifyDecision(token, { ...expected, [name]: undefined })).rejects.toThrow(
        new TypeError(`verifyDecision needs ${name}: say null for what is not to be checked.`),
      );
    const nothing = undefined as unknown as DecisionExpectation;
    await expect(verifyDecision(token, nothing)).rejects.toThrow(TypeError);
    // The compiler wants it too.
    const { nonce: _nonce, ...withoutNonce } = expected;
    // @ts-expect-error -- no nonce
    await expect(verifyDecision(token, withoutNonce)).rejects.toThrow('nonce');
    const { policy: _policy, ...withoutPolicy } = expected;
    // @ts-expect-error -- no policy
    await expect(verifyDecision(token, withoutPolicy)).rejects.toThrow('policy');
  });

  it('tells of a refusal to whoever asks for any outcome, and names nobody', async () => {
    const rejected = await signer.sign({ outcome: 'reject' });
    for (const outcome of [null, 'reject'] as const)
      expect(await verifyDecision(rejected, { ...expected, outcome })).toMatchObject({
        outcome: 'reject',
        subject: null,
      });
    expect(await codeOf(await signer.sign(), { outcome: 'reject' })).toBe('outcome');
    const naming = await signer.resign({
      claims: ({ veriframe, ...rest }) => ({
        ...rest,
        veriframe: { ...Object(veriframe), outcome: 'reject' },
      }),
    });
    expect(await codeOf(naming, { outcome: null })).toBe('subject');
  });

  it('takes the key out of several that the token names', async () => {
    await using other = await createSigner();
    const both = fixedKeys({ keys: [...other.jwks.keys, ...signer.jwks.keys] });
    expect(await codeOf(await signer.sign(), { keys: both })).toBe('holds');
    expect(await codeOf(await other.sign(), { keys: both })).toBe('holds');
    expect(await codeOf(await other.sign())).toBe('key');
    expect(await codeOf(await signer.resign({ header: { kid: undefined } }), { keys: both })).toBe('key');
  });

  it('says nothing of the token or the subject in its errors', async () => {
    const token = await signer.sign({ subject: 'grace' });
    const error: unknown = await verifyDecision(token, expected).catch((thrown: unknown) => thrown);
    expect(inspect(error, { depth: 9 })).not.toMatch(/grace|\bada\b|eyJ/);
  });
});

describe('fixedKeys', () => {
  it.each([[null], [{}], [{ keys: 'all' }], [{ keys: [1] }]])('refuses %j', (keys) => {
    expect(() => fixedKeys(keys as unknown as Parameters<typeof fixedKeys>[0])).toThrow(TypeError);
  });
});

describe('claimedSessionOf', () => {
  it('reads the session that a token claims, of whomever it is', async () => {
    const claims = { jti: 'session-9' };
    expect(claimedSessionOf(await signer.sign())).toBe('session-1');
    expect(claimedSessionOf(`${base64({ alg: 'none' })}.${base64(claims)}.`)).toBe('session-9');
  });

  it.each([
    '',
    'a.b',
    'a.b.c',
    `${base64({ alg: 'none' })}.${base64({ jti: 7 })}.`,
  ])('refuses %j as malformed', (token) => {
    expect(() => claimedSessionOf(token)).toThrow(expect.objectContaining({ code: 'malformed' }));
  });
});
