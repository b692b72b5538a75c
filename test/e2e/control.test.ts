import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DecisionsPage } from '../../client/backend/index.ts';
import { frameSigner, generateKioskKey } from '../../client/kiosk/signer.ts';
import type { PossessionRequest } from '../../protocol/downstream.ts';
import type { DecisionClaims } from '../../protocol/http/claims.ts';
import { createPerson, type Portrait, preparePortrait, SAMPLE_PORTRAITS } from '../../simulator/index.ts';
import { type RealServer, startRealServer } from '../../tools/throwaway-server.ts';
import { play, type Play, present } from '../support/play.ts';
import { SoftAuthenticator } from '../support/soft-authenticator.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/*
 * Against a client that renders the victim no test of pictures helps (docs/security.md, rendered injection): here it is
 * the simulator's person, from another machine. A key of the subject, or a camera that is the relying party's, does.
 */

const ATTACKS = 3;

describe('control of the camera and possession of a key', () => {
  let server: RealServer;
  let clock: VirtualClock;
  let ada: Portrait;
  let seed = 1;
  const phone = new SoftAuthenticator('http://localhost:8080');

  beforeAll(async () => {
    clock = new VirtualClock();
    ada = await preparePortrait(SAMPLE_PORTRAITS.first);
    server = await startRealServer({ transport: 'auto', clock, seed: 7 });
  });
  afterAll(async () => {
    await server.close();
  });

  /** A rendered person in front of a client; other tests cover the challenges, so one is asked for here. */
  const session = async (change: Partial<Play> & Pick<Play, 'mode'>) => {
    const presenter = await createPerson({ portrait: ada, seed: seed++ });
    const played = await play(server, clock, { subject: 'ada', policy: 'blink-only', presenter, ...change });
    const { outcome, cause = null, token = '' } = played.decision;
    const { veriframe } = decodeJwt<DecisionClaims>(token);
    const { capture, captureBy = null, possession, assurance } = veriframe;
    const { body } = await server.api<DecisionsPage>('GET', '/v1/decisions');
    const record = body.decisions.find(({ sessionId }) => sessionId === played.sessionId);
    expect(record).toMatchObject({ capture, captureBy, possession, openTo: assurance.openTo });
    return { ...played, outcome, cause, claims: veriframe, reasons: record?.reasons };
  };
  const keysOf = async (subject: string) =>
    (
      await server.api<{ keys: { id: string; lastUsedAtMs: number | null }[] }>(
        'GET',
        `/v1/subjects/${subject}/keys`,
      )
    ).body.keys;

  it('the first enrolment makes a key, which signs from then on and is erased with its subject', async () => {
    const asked: PossessionRequest[] = [];
    const enrolled = await session({
      mode: 'enrol',
      askForKey: (request) => {
        asked.push(request);
        return phone.answer(request);
      },
    });
    expect(enrolled.outcome).toBe('accept');
    expect(asked).toMatchObject([{ task: 'register', rpId: 'localhost', userVerification: 'preferred' }]);
    expect(enrolled.claims).toMatchObject({
      capture: 'unattested',
      possession: { kind: 'webauthn', proof: 'registration', userVerified: true },
      assurance: { openTo: ['rendered-injection'] },
    });
    expect(await keysOf('ada')).toMatchObject([{ lastUsedAtMs: null }]);

    const verified = await session({
      mode: 'verify',
      require: { possession: 'user-verified' },
      askForKey: phone.answer,
    });
    expect(verified.claims).toMatchObject({
      outcome: 'accept',
      possession: { proof: 'assertion', userVerified: true },
      assurance: { openTo: [] },
    });
    expect((await keysOf('ada'))[0]?.lastUsedAtMs).toEqual(expect.any(Number));
  });

  it("a stranger's machine that renders the victim is accepted, and never where a key is demanded", async () => {
    const free = await session({ mode: 'verify' });
    expect(free.claims).toMatchObject({
      outcome: 'accept',
      possession: null,
      assurance: { openTo: ['rendered-injection'] },
    });
    const own = new SoftAuthenticator('http://localhost:8080');
    const outcomes = [];
    for (let attack = 0; attack < ATTACKS; attack += 1) {
      // Without a key, with one of the attacker's, and with the victim's id on it.
      const disguised = async (request: PossessionRequest) => {
        const { assertion } = own.assert(request);
        return assertion === undefined ? null : { assertion: { ...assertion, id: phone.credentialId } };
      };
      const askForKey = [undefined, own.answer, disguised][attack % 3];
      const attacked = await session({
        mode: 'verify',
        require: { possession: 'required' },
        ...(askForKey === undefined ? {} : { askForKey }),
      });
      outcomes.push([attacked.outcome, attacked.cause, attacked.reasons]);
    }
    expect(outcomes).toEqual(
      Array.from({ length: ATTACKS }, () => ['re-verify', 'possession', ['possession-missing']]),
    );
  });

  it('a signature is good in its own session, once', async () => {
    let recorded: Awaited<ReturnType<typeof phone.answer>> | null = null;
    const first = await session({
      mode: 'verify',
      require: { possession: 'required' },
      askForKey: async (request) => (recorded = await phone.answer(request)),
    });
    expect(first.outcome).toBe('accept');
    const replayed = await session({
      mode: 'verify',
      require: { possession: 'required' },
      askForKey: async () => recorded,
    });
    expect([replayed.outcome, replayed.cause]).toEqual(['re-verify', 'possession']);
  });

  it('another device gets a key only where the relying party vouches for the person', async () => {
    const tablet = new SoftAuthenticator('http://localhost:8080');
    const tasks: string[] = [];
    const askForKey = async (request: PossessionRequest) => {
      tasks.push(request.task);
      return request.task === 'register' ? tablet.register(request) : tablet.assert(request);
    };
    const again = await session({ mode: 'enrol', askForKey });
    expect([again.outcome, again.claims.possession]).toEqual(['accept', null]);
    const added = await session({ mode: 'verify', registerKey: true, askForKey });
    expect(added.claims).toMatchObject({ outcome: 'accept', possession: { proof: 'registration' } });
    expect(tasks).toEqual(['assert', 'register']);
    const used = await session({ mode: 'verify', require: { possession: 'required' }, askForKey });
    expect(used.outcome).toBe('accept');

    const [, key] = await keysOf('ada');
    expect((await server.api('DELETE', `/v1/subjects/ada/keys/${key?.id}`)).status).toBe(200);
    const removed = await session({ mode: 'verify', require: { possession: 'required' }, askForKey });
    expect([removed.outcome, removed.cause]).toEqual(['re-verify', 'possession']);
  });

  it('the pictures of an enrolled kiosk are accepted where they are signed to the last, until its key is revoked', async () => {
    const { pem, publicKey } = generateKioskKey();
    const { body: key } = await server.api<{ id: string }>('POST', '/v1/kiosk-keys', {
      name: 'door 1',
      publicKey,
    });
    const require = { capture: 'kiosk-signed' } as const;
    const signed = await session({ mode: 'verify', require, signer: frameSigner(pem) });
    expect(signed.claims).toMatchObject({
      outcome: 'accept',
      capture: 'kiosk-signed',
      captureBy: key.id,
      assurance: { openTo: [] },
    });
    const sealed = await session({ mode: 'verify', require, signer: frameSigner(pem, 1_000_000) });
    expect([sealed.outcome, sealed.claims.capture]).toEqual(['re-verify', 'unattested']);
    const unsigned = await session({ mode: 'verify', require });
    expect([unsigned.outcome, unsigned.cause, unsigned.tookMs]).toEqual(['re-verify', 'capture', 0]);

    expect((await server.api('DELETE', `/v1/kiosk-keys/${key.id}`)).status).toBe(200);
    const revoked = await session({ mode: 'verify', require, signer: frameSigner(pem) });
    expect([revoked.outcome, revoked.cause]).toEqual(['re-verify', 'capture']);
    expect((await server.api('POST', '/v1/kiosk-keys', { name: 'again', publicKey })).status).toBe(400);
  });

  it('an application that the relying party vouches for is accepted, where the verdict is for this session', async () => {
    const require = { capture: 'attested' } as const;
    const attested = async (nonce: string, said: string) => {
      const { body } = await server.api<{ sessionId: string; ticket: string }>('POST', '/v1/sessions', {
        mode: 'verify',
        subject: 'ada',
        policy: 'blink-only',
        nonce,
        require,
      });
      const path = `/v1/sessions/${body.sessionId}/attestation`;
      const { status } = await server.api('POST', path, { nonce: said, issuer: 'play-integrity' });
      return { status, path, ticket: body.ticket };
    };
    expect((await attested('n-1', 'n-2')).status).toBe(400);
    const { ticket, path, status } = await attested('n-3', 'n-3');
    expect(status).toBe(200);
    const presenter = await createPerson({ portrait: ada, seed: seed++ });
    const { decision } = await present(server, clock, ticket, { presenter });
    expect(decodeJwt<DecisionClaims>(decision.token ?? '').veriframe).toMatchObject({
      outcome: 'accept',
      capture: 'attested',
      captureBy: 'play-integrity',
    });
    expect((await server.api('POST', path, { nonce: 'n-3', issuer: 'late' })).status).toBe(409);
    expect((await server.api('DELETE', '/v1/subjects/ada')).status).toBe(200);
    expect(await keysOf('ada')).toEqual([]);
  });
});
