import { describe, expect, it } from 'vitest';
import { generateKioskKey } from '../../client/kiosk/signer.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import type { OperationId } from '../../protocol/http/operations.ts';
import { OPERATIONS } from '../../server/api/operations.ts';
import { SessionDirectory } from '../../server/sessions/directory.ts';
import { requestOfAlice } from '../support/session-request.ts';
import { createContext } from '../gateway/harness.ts';

const setUp = (grants: Parameters<typeof createContext>[0] = {}) => {
  const parts = createContext(grants);
  parts.references.set('mine/alice', 1);
  const call = async (
    id: OperationId,
    { params = {}, body }: { params?: Record<string, string>; body?: unknown },
  ) => {
    const operation = OPERATIONS.find((one) => one.id === id);
    return (await operation?.handle(parts.context, {
      authorization: `Bearer ${parts.key}`,
      params,
      body,
    })) as never;
  };
  const created = (change: object) =>
    call('createSession', { body: { mode: 'verify', subject: 'alice', ...change } });
  return { ...parts, call, created };
};
const withCode = (code: ErrorCode) => expect.objectContaining({ code });

describe('the API of what is shown beside the pictures', () => {
  it('binds a ticket to what is demanded, and to nothing where nothing is', async () => {
    const { created, tickets } = setUp({ mayVouch: true });
    const ticketOf = async (change: object) =>
      tickets.redeem(((await created(change)) as { ticket: string }).ticket);
    expect(await ticketOf({ require: { possession: 'user-verified' }, registerKey: true })).toMatchObject({
      demand: { capture: null, possession: 'user-verified' },
      registersKey: true,
    });
    expect(await ticketOf({ require: { capture: 'attested' } })).toMatchObject({
      demand: { capture: 'attested', possession: null },
    });
    for (const nothing of [{}, { require: {} }, { registerKey: false }]) {
      const request = await ticketOf(nothing);
      expect([request.demand, request.registersKey]).toEqual([undefined, undefined]);
    }
  });

  it.each([
    ['a key to identify by', { mode: 'identify', subject: undefined, require: { possession: 'required' } }],
    ['another key to identify by', { mode: 'identify', subject: undefined, registerKey: true }],
    ['an unknown capture', { require: { capture: 'unattested' } }],
    ['an unknown demand', { require: { camera: true } }],
    ['another key in an observed session', { observe: true, registerKey: true }],
  ])('refuses to demand %s', async (_what, change) => {
    const { created } = setUp({ mayVouch: true, mayObserve: true });
    await expect(created(change)).rejects.toEqual(withCode('api.invalid'));
  });

  it('refuses what could never be shown: no relying party, or another camera than the policy demands', async () => {
    const { created, context } = setUp({ mayVouch: true });
    Object.assign(context, { asksForKeys: () => false });
    for (const change of [{ require: { possession: 'required' } }, { registerKey: true }])
      await expect(created(change)).rejects.toEqual(withCode('api.invalid'));
    Object.assign(context.policies, { demandOf: () => ({ capture: 'kiosk-signed', possession: null }) });
    await expect(created({ require: { capture: 'attested' } })).rejects.toEqual(withCode('api.invalid'));
    await expect(created({ require: { capture: 'kiosk-signed' } })).resolves.toBeDefined();
  });

  it('lets nobody vouch whose key may not, and everybody demand', async () => {
    const { created, call } = setUp({ mayAttend: true, mayObserve: true });
    await expect(created({ registerKey: true })).rejects.toEqual(withCode('api.not_granted'));
    const { publicKey } = generateKioskKey();
    const vouching = [
      ['addKioskKey', { body: { name: 'door', publicKey } }],
      ['listKioskKeys', {}],
      ['revokeKioskKey', { params: { id: 'x'.repeat(22) } }],
      ['attestSession', { params: { id: 's' }, body: { nonce: 'n', issuer: 'me' } }],
    ] as const;
    for (const [id, request] of vouching)
      await expect(call(id, request)).rejects.toEqual(withCode('api.not_granted'));
    await expect(created({ require: { possession: 'required' } })).resolves.toBeDefined();
    await expect(call('listSubjectKeys', { params: { id: 'alice' } })).resolves.toEqual({ keys: [] });
    await expect(call('deleteSubjectKey', { params: { id: 'alice', key: 'k' } })).rejects.toEqual(
      withCode('api.not_found'),
    );
  });

  it('takes an Ed25519 key of a kiosk and nothing else', async () => {
    const { call } = setUp({ mayVouch: true });
    const { publicKey } = generateKioskKey();
    const added = await call('addKioskKey', { body: { name: 'door', publicKey } });
    expect(added).toMatchObject({
      name: 'door',
      publicKey,
      revokedAtMs: null,
      id: expect.stringMatching(/^[\w-]{22}$/),
    });
    for (const wrong of ['', 'AAAA', `${publicKey}A`, `${publicKey.slice(0, 42)}=`])
      await expect(call('addKioskKey', { body: { name: 'door', publicKey: wrong } })).rejects.toEqual(
        withCode('api.invalid'),
      );
  });
});

describe('an attestation', () => {
  const request = { ...requestOfAlice('verify', 'standard', 0), nonce: 'n-1' };
  const announced = (nowMs = () => 0) => {
    const directory = new SessionDirectory({ nowMs });
    directory.announce(request, 1_000);
    return directory;
  };

  it('reaches the session before and while it runs', () => {
    const heard: string[] = [];
    const before = announced();
    before.attest('tenant', 'session', 'n-1', 'play');
    before.started(request, (by) => heard.push(by));
    const during = announced();
    during.started(request, (by) => heard.push(by));
    during.attest('tenant', 'session', 'n-1', 'app-attest');
    expect(heard).toEqual(['play', 'app-attest']);
  });

  it('is refused for another tenant, session or nonce, and once the session is over', () => {
    const directory = announced();
    const attest = (tenant: string, id: string, nonce: string) => () =>
      directory.attest(tenant, id, nonce, 'me');
    expect(attest('other', 'session', 'n-1')).toThrow(withCode('api.not_found'));
    expect(attest('tenant', 'other', 'n-1')).toThrow(withCode('api.not_found'));
    expect(attest('tenant', 'session', 'n-2')).toThrow(withCode('api.invalid'));
    directory.started(request);
    directory.decided(request, 'accept', 'token');
    expect(attest('tenant', 'session', 'n-1')).toThrow(withCode('session.decided'));
    const late = announced(() => 2_000);
    expect(() => late.attest('tenant', 'session', 'n-1', 'me')).toThrow(withCode('session.decided'));
    const without = new SessionDirectory({ nowMs: () => 0 });
    without.announce({ ...request, nonce: null }, 1_000);
    expect(() => without.attest('tenant', 'session', 'n-1', 'me')).toThrow(withCode('api.invalid'));
  });
});
