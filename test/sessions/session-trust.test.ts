import { beforeEach, describe, expect, it } from 'vitest';
import { frameSigner, generateKioskKey } from '../../client/kiosk/signer.ts';
import type { PossessionRequest } from '../../protocol/downstream.ts';
import type { PossessionAnswer } from '../../protocol/upstream.ts';
import { kioskKeyIdOf } from '../../server/identity/frame-chain.ts';
import { policyFor } from '../../server/policy/built-in.ts';
import type { SessionRequest } from '../../server/session/ports.ts';
import { MAX_SUBJECT_KEYS, openSessionTrust, type TrustParts } from '../../server/sessions/session-trust.ts';
import type { Store } from '../../server/store/ports.ts';
import { createSqliteBackend } from '../store/sqlite-backend.ts';
import { newDecision, newReference } from '../store/support.ts';
import { requestOfAlice } from '../support/session-request.ts';
import { SoftAuthenticator } from '../support/soft-authenticator.ts';

const ORIGIN = 'https://shop.example';
const OFFERS = { flash: false, possession: true };
const NOTHING = { capture: null, possession: null };

describe('what the client of a session shows', () => {
  let store: Store;
  let parts: TrustParts;
  let session = 0;
  beforeEach(async () => {
    const backend = await createSqliteBackend();
    store = await backend.open();
    parts = {
      subjectKeys: store.subjectKeys,
      kioskKeys: store.kioskKeys,
      relyingPartyOf: (tenant) => (tenant === 'none' ? null : { rpId: 'shop.example', origins: [ORIGIN] }),
      countReferences: async (...of) => (await store.references.ofSubject(...of)).length,
      wallMs: () => 1_700_000_000_000,
    };
    return async () => {
      await store.close();
      await backend.dispose();
    };
  });

  const open = async (
    change: Partial<SessionRequest> & { mode?: 'enrol' | 'verify' | 'identify' } = {},
    offers = OFFERS,
  ) => {
    const { mode = 'verify' } = change;
    const request = {
      ...requestOfAlice(mode, 'standard', 0),
      sessionId: `session-${(session += 1)}`,
      ...change,
    };
    const trust = await openSessionTrust(parts, request, policyFor('standard'), offers);
    return { trust, request, asked: trust.welcome.possession };
  };
  const sent = (answer: Omit<PossessionAnswer, 'type'>): PossessionAnswer => ({
    type: 'possession',
    ...answer,
  });
  const needed = (asked: PossessionRequest | undefined): PossessionRequest => {
    if (asked === undefined) throw new Error('no key was asked for');
    return asked;
  };
  /** Registers a key in the subject's first enrolment, and accepts that. */
  const enrolled = async (device: SoftAuthenticator, subject = 'alice', tenant = 'tenant') => {
    const { trust, request, asked } = await open({ mode: 'enrol', subject, tenant });
    const shown = await trust.answer(sent(device.register(needed(asked))));
    const restsOn = await store.references.add(newReference({ tenant, subject }));
    const { registration } = trust;
    if (registration === null) throw new Error('not registered');
    const accept = { outcome: 'accept', subject, tenant, restsOn, registers: registration } as const;
    await store.decisions.record({ ...newDecision(request.sessionId), ...accept });
    return shown;
  };
  const signed = async (device: SoftAuthenticator, change: Partial<SessionRequest> = {}) => {
    const { trust, asked } = await open(change);
    return await trust.answer(sent(device.assert(needed(asked))));
  };

  it('a key is good for its subject, its tenant and one answer of each session', async () => {
    const phone = new SoftAuthenticator(ORIGIN);
    expect(await enrolled(phone)).toEqual({ proof: 'registration', userVerified: true });
    await enrolled(new SoftAuthenticator(ORIGIN), 'bob');
    await enrolled(new SoftAuthenticator(ORIGIN), 'alice', 'other');
    expect(await signed(phone)).toEqual({ proof: 'assertion', userVerified: true });
    expect(await signed(phone, { subject: 'bob' })).toBeNull();
    expect(await signed(phone, { tenant: 'other' })).toBeNull();

    const { trust, asked } = await open();
    const forged = phone.assert(needed(asked), { origin: 'https://evil.example' });
    expect(await trust.answer(sent(forged))).toBeNull();
    expect(await trust.answer(sent(phone.assert(needed(asked))))).toBeNull();
    const [first, second] = [await open(), await open()];
    const recorded = phone.assert(needed(first.asked));
    expect(await second.trust.answer(sent(recorded))).toBeNull();
    expect(await first.trust.answer(sent(recorded))).not.toBeNull();
  });

  it('asks alike whether the subject has a key, has none, or does not exist', async () => {
    await enrolled(new SoftAuthenticator(ORIGIN));
    await store.references.add(newReference({ tenant: 'tenant', subject: 'keyless' }));
    const asked = [];
    for (const subject of ['alice', 'keyless', 'nobody']) {
      const { challenge, ...rest } = needed((await open({ subject })).asked);
      asked.push({ ...rest, length: challenge.length });
    }
    expect(new Set(asked.map((one) => JSON.stringify(one))).size).toBe(1);
  });

  it('a key is made in the first enrolment, and later only where the relying party vouches', async () => {
    const [phone, tablet] = [new SoftAuthenticator(ORIGIN), new SoftAuthenticator(ORIGIN)];
    await enrolled(phone);
    const again = await open({ mode: 'enrol' });
    expect(again.asked?.task).toBe('assert');
    expect(await again.trust.answer(sent(tablet.register(needed(again.asked))))).toBeNull();
    expect(again.trust.registration).toBeNull();

    const vouched = await open({ registersKey: true });
    expect(await vouched.trust.answer(sent(tablet.register(needed(vouched.asked))))).not.toBeNull();
    // A device that has a key makes no second one, and drops none that is stored.
    expect(vouched.asked?.exclude).toEqual([phone.credentialId.toString('base64url')]);
    expect(vouched.asked?.user).toBe(await store.subjectKeys.userHandle('tenant', 'alice'));

    const twice = await open({ registersKey: true });
    expect(await twice.trust.answer(sent(phone.register(needed(twice.asked))))).toBeNull();
    await store.references.add(newReference({ tenant: 'tenant', subject: 'keyless' }));
    expect((await open({ mode: 'enrol', subject: 'keyless' })).asked).toBeUndefined();
    expect((await open({ mode: 'enrol', subject: 'new', observed: true })).asked).toBeUndefined();
  });

  it('asks for no key where it cannot: no relying party, no claim, a client without, too many keys', async () => {
    for (const change of [{ tenant: 'none' }, { mode: 'identify', subject: null }] as const)
      expect((await open(change)).asked).toBeUndefined();
    expect((await open({}, { flash: false, possession: false })).asked).toBeUndefined();
    const device = new SoftAuthenticator(ORIGIN);
    await enrolled(device);
    const full: TrustParts = {
      ...parts,
      subjectKeys: {
        userHandle: (...of) => store.subjectKeys.userHandle(...of),
        ofSubject: async () => {
          const [key] = await store.subjectKeys.ofSubject('tenant', 'alice');
          if (key === undefined) throw new Error('no key');
          return Array.from({ length: MAX_SUBJECT_KEYS }, () => key);
        },
        isRegistered: (...of) => store.subjectKeys.isRegistered(...of),
        use: (...of) => store.subjectKeys.use(...of),
      },
    };
    const request: SessionRequest = { ...requestOfAlice('verify', 'standard', 0), registersKey: true };
    const trust = await openSessionTrust(full, request, policyFor('standard'), OFFERS);
    expect(trust.welcome).toEqual({});
  });

  it('demands verification of the user as the session does, and declines count as no key', async () => {
    const phone = new SoftAuthenticator(ORIGIN);
    await enrolled(phone);
    const demand = { ...NOTHING, possession: 'user-verified' } as const;
    const strict = await open({ demand });
    expect(strict.asked?.userVerification).toBe('required');
    const touched = phone.assert(needed(strict.asked), { userVerified: false });
    expect(await strict.trust.answer(sent(touched))).toBeNull();
    const { trust, asked } = await open();
    expect(asked?.userVerification).toBe('preferred');
    expect(await trust.answer(sent({}))).toBeNull();
    expect(strict.trust.atHello(false)).toEqual({
      demand,
      asksForKey: true,
      chained: false,
      attested: false,
    });
  });

  it('a chain is opened for a key of the tenant that is not revoked', async () => {
    const { pem, publicKey: text } = generateKioskKey();
    const publicKey = new Uint8Array(Buffer.from(text, 'base64url'));
    const keyId = kioskKeyIdOf(publicKey);
    await store.kioskKeys.add('tenant', { keyId, name: 'door', publicKey, createdAtMs: 1 });
    const opened = async (tenant = 'tenant', kioskKey = keyId) =>
      (await open({ tenant }, { ...OFFERS, possession: false, kioskKey } as typeof OFFERS)).trust;
    const trust = await opened();
    const signer = frameSigner(pem).open(`session-${session}`, trust.welcome.chain?.nonce ?? '');
    const image = new Uint8Array(10);
    signer.add({ seq: 1, capturedAtMs: 5, image });
    expect(trust.frame({ type: 'frame', seq: 1, capturedAtMs: 5, image })).toBe('unsigned');
    const signature = signer.end() ?? new Uint8Array(64);
    expect(trust.end({ type: 'bye', reason: 'source-ended', signature })).toEqual({ seq: 1, fits: true });
    expect(trust.end({ type: 'bye', reason: 'source-ended', signature: new Uint8Array(64) })?.fits).toBe(
      false,
    );
    expect([(await opened('other')).welcome, (await opened('tenant', 'unknown')).welcome]).toEqual([{}, {}]);
    await store.kioskKeys.revoke('tenant', keyId, 2);
    const revoked = await opened();
    expect([revoked.welcome, revoked.kioskKeyId]).toEqual([{}, null]);
    expect(revoked.frame({ type: 'frame', seq: 1, capturedAtMs: 5, image, signature })).toBe('unsigned');
  });
});
