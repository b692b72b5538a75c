import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { PossessionRequest } from '../../protocol/downstream.ts';
import type { RelyingParty } from '../../server/identity/relying-parties.ts';
import { newKeyChallenge, verifyAssertion, verifyRegistration } from '../../server/identity/webauthn.ts';
import { byteString, type Lies, SoftAuthenticator, text } from '../support/soft-authenticator.ts';

const ORIGIN = 'https://www.shop.example';
const party: RelyingParty = { rpId: 'shop.example', origins: [ORIGIN] };

const requestOf = (
  task: PossessionRequest['task'],
  challenge = newKeyChallenge('session-1'),
): PossessionRequest => ({
  task,
  challenge,
  rpId: party.rpId,
  userVerification: 'preferred',
  user: 'AAAA',
});

describe('a WebAuthn key of a subject', () => {
  let device: SoftAuthenticator;
  beforeEach(() => {
    device = new SoftAuthenticator(ORIGIN);
  });

  const registered = async (lies: Lies = {}, userVerified = false) => {
    const request = requestOf('register');
    const { registration } = device.register(request, lies);
    if (registration === undefined) throw new Error('no registration');
    return await verifyRegistration(registration, { challenge: request.challenge, party, userVerified });
  };
  /** Registers the key, signs as `lies` say, and has that checked. */
  const asserted = async (lies: Lies = {}, { userVerified = false, counter = 0 } = {}) => {
    const key = await registered();
    if (key === null) throw new Error('not registered');
    const request = requestOf('assert');
    const { assertion } = device.assert(request, lies);
    if (assertion === undefined) throw new Error('no assertion');
    return await verifyAssertion(assertion, [{ ...key, counter }], {
      challenge: request.challenge,
      party,
      userVerified,
    });
  };

  it('is registered, and signs the challenge of a session', async () => {
    const credentialId = device.credentialId.toString('base64url');
    expect(await registered()).toMatchObject({
      credentialId,
      counter: 0,
      backedUp: false,
      userVerified: true,
    });
    expect(await asserted()).toEqual({ credentialId, counter: 1, userVerified: true });
    expect(await asserted({ userVerified: false })).toMatchObject({ userVerified: false });
  });

  const REFUSED: readonly (readonly [string, Lies])[] = [
    ['another origin', { origin: 'https://evil.example' }],
    ['a page that only begins like ours', { origin: `${ORIGIN}.evil.example` }],
    ['our origin without TLS', { origin: 'http://www.shop.example' }],
    ['another relying party', { rpId: 'evil.example' }],
    ['the challenge of another session', { challenge: newKeyChallenge('session-1') }],
    ['a frame within the page of another site', { crossOrigin: true }],
    ['nobody who touches the device', { userPresent: false, userVerified: false }],
    ['another ceremony', { type: 'payment.get' }],
  ];
  it.each(REFUSED)('is refused with %s', async (_what, lies) => {
    expect(await registered(lies)).toBeNull();
    expect(await asserted(lies)).toBeNull();
  });

  it('is refused without a PIN or fingerprint where that is demanded', async () => {
    expect(await registered({ userVerified: false }, true)).toBeNull();
    expect(await asserted({ userVerified: false }, { userVerified: true })).toBeNull();
    expect(await asserted({}, { userVerified: true })).not.toBeNull();
  });

  it('is refused when its counter does not rise: a copy of it has signed', async () => {
    expect(await asserted({ counter: 7 }, { counter: 7 })).toBeNull();
    expect(await asserted({ counter: 8 }, { counter: 7 })).not.toBeNull();
    expect(await asserted({ counter: 0 }, { counter: 0 })).not.toBeNull();
  });

  it('is refused when it is not one of the subject, be its id that of one', async () => {
    const key = await registered();
    const forger = new SoftAuthenticator(ORIGIN);
    const request = requestOf('assert');
    const asked = { challenge: request.challenge, party, userVerified: false };
    const { assertion: foreign } = forger.assert(request);
    if (key === null || foreign === undefined) throw new Error('no key');
    expect(await verifyAssertion(foreign, [key], asked)).toBeNull();
    const disguised = { ...foreign, id: device.credentialId };
    expect(await verifyAssertion(disguised, [key], asked)).toBeNull();
    expect(await verifyAssertion({ ...disguised, signature: randomBytes(70) }, [key], asked)).toBeNull();
  });

  it('is refused with certificates, whose addresses the server would otherwise call, and with any other bytes', async () => {
    const certificates = Buffer.concat([
      Buffer.from([0xa3]),
      text('alg'),
      Buffer.from([0x26]),
      text('sig'),
      byteString(randomBytes(64)),
      text('x5c'),
      Buffer.from([0x81]),
      byteString(randomBytes(300)),
    ]);
    for (const format of ['packed', 'apple', 'android-safetynet', 'android-key', 'tpm', 'fido-u2f'])
      expect(await registered({ attestation: { format, statement: certificates } })).toBeNull();
    const request = requestOf('register');
    const junk = { id: randomBytes(16), clientData: randomBytes(90), attestation: randomBytes(200) };
    expect(
      await verifyRegistration(junk, { challenge: request.challenge, party, userVerified: false }),
    ).toBeNull();
  });

  it('never shares a challenge with another session', () => {
    expect(newKeyChallenge('a')).not.toBe(newKeyChallenge('a'));
    expect(newKeyChallenge('a')).toMatch(/^[\w-]{43}$/);
  });
});
