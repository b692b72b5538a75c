import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, createBackend } from '../../client/backend/index.ts';
import { connect } from '../../client/kiosk/session-client.ts';
import type { Portrait } from '../../simulator/index.ts';
import { type RealServer, startRealServer } from '../../tools/throwaway-server.ts';
import { person, preparePeople } from '../support/people.ts';
import { present } from '../support/play.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/* The package against the product's own server, with real models, store and sockets, on the test's own time. */

const POLICY = 'blink-only';

describe('a relying party and the real server', () => {
  let clock: VirtualClock;
  let server: RealServer;
  let veriframe: Backend;
  let ada: Portrait;
  let seed = 1;

  beforeAll(async () => {
    clock = new VirtualClock();
    ({ ada } = await preparePeople());
    server = await startRealServer({ transport: 'auto', clock, seed: 5 });
    const { url, apiKey } = server;
    veriframe = createBackend({
      url,
      apiKey,
      issuer: 'veriframe',
      audience: 'shop',
      nowMs: () => clock.nowMs(),
    });
  });
  afterAll(() => server.close());

  /** Shows the face until the service has decided; the token that the client is given. */
  const tokenOf = async (ticket: string): Promise<string> => {
    const presenter = await person(ada, seed++);
    return (await present(server, clock, ticket, { presenter })).decision.token ?? '';
  };
  /** Opens the session and leaves at once. */
  const tokenOfLeaving = async (ticket: string): Promise<string> => {
    const session = await connect({ url: server.streamUrl, ticket });
    session.bye('cancelled');
    return (await session.decision).token ?? '';
  };

  it('enrols, verifies, reads what was decided, and erases', async () => {
    const subject = 'ada';
    expect(await veriframe.subjects.count(subject)).toBe(0);
    const enrolment = await veriframe.createSession({ mode: 'enrol', subject, policy: POLICY });
    expect(await veriframe.getSession(enrolment.sessionId)).toMatchObject({
      state: 'waiting',
      mode: 'enrol',
      policy: POLICY,
      outcome: null,
      token: null,
      code: null,
    });
    const enrolled = await tokenOf(enrolment.ticket);
    expect(await veriframe.verifyDecision(enrolled, enrolment.expected)).toMatchObject({
      subject,
      mode: 'enrol',
    });
    expect(await veriframe.subjects.count(subject)).toBeGreaterThan(0);

    const login = await veriframe.createSession({ mode: 'verify', subject, policy: POLICY });
    const token = await tokenOf(login.ticket);
    expect(await veriframe.verifyDecision(token, login.expected)).toMatchObject({
      outcome: 'accept',
      subject,
      sessionId: login.sessionId,
      audience: ['shop'],
      assurance: { tier: 'base', measured: expect.arrayContaining(['match']) },
    });
    expect(await veriframe.getSession(login.sessionId)).toMatchObject({ state: 'decided', token });

    // An enrolment is no login, and no session's token is another's.
    for (const [said, code] of [
      [{ nonce: 'another' }, 'nonce'],
      [{ mode: 'enrol' }, 'mode'],
      [{ policy: 'standard' }, 'policy'],
      [{ subject: 'grace' }, 'subject'],
      [{ minimumTier: 'full' }, 'tier'],
    ] as const)
      await expect(veriframe.verifyDecision(token, { ...login.expected, ...said })).rejects.toMatchObject({
        code,
      });
    await expect(veriframe.verifyDecision(enrolled, login.expected)).rejects.toMatchObject({
      code: 'session',
    });
    const bank = createBackend({
      url: server.url,
      apiKey: server.apiKey,
      issuer: 'another',
      audience: 'bank',
      nowMs: () => clock.nowMs(),
    });
    await expect(bank.verifyDecision(token, login.expected)).rejects.toMatchObject({ code: 'issuer' });
    const ofBank = { ...login.expected, issuer: 'veriframe', audience: 'bank' };
    await expect(bank.verifyDecision(token, ofBank)).rejects.toMatchObject({ code: 'audience' });

    const { decisions, next } = await veriframe.listDecisions({ limit: 1 });
    expect(decisions).toMatchObject([{ sessionId: login.sessionId, outcome: 'accept', policy: POLICY }]);
    const older = await veriframe.listDecisions({ limit: 1, page: next });
    expect(older.decisions).toMatchObject([{ sessionId: enrolment.sessionId, mode: 'enrol' }]);
    expect(await veriframe.subjects.list()).toMatchObject({
      total: 1,
      subjects: [{ subjectHash: decisions[0]?.subjectHash }],
    });

    expect(await veriframe.subjects.erase(subject)).toBeGreaterThan(0);
    expect([await veriframe.subjects.erase(subject), await veriframe.subjects.count(subject)]).toEqual([
      0, 0,
    ]);
    await expect(veriframe.createSession({ mode: 'verify', subject })).rejects.toMatchObject({
      name: 'ApiError',
      code: 'subject.unknown',
      status: 404,
    });
  });

  it('hears of who left, and takes no token of a session whose evidence could be followed', async () => {
    const asked = { mode: 'verify', subject: 'stranger', concealUnknown: true } as const;
    const left = await veriframe.createSession(asked);
    const token = await tokenOfLeaving(left.ticket);
    await expect(veriframe.verifyDecision(token, left.expected)).rejects.toMatchObject({ code: 'outcome' });
    const any = { ...left.expected, outcome: null };
    expect(await veriframe.verifyDecision(token, any)).toMatchObject({ outcome: 're-verify', subject: null });

    const observed = await veriframe.createSession({ ...asked, observe: true });
    expect(observed.observation?.ticket).toMatch(/^vt_/);
    await expect(
      veriframe.verifyDecision(await tokenOfLeaving(observed.ticket), observed.expected),
    ).rejects.toMatchObject({ code: 'observed' });
    expect(await veriframe.createLiveTicket()).toMatchObject({ socketPath: '/v1/live' });
  });

  it("is refused with the service's own codes", async () => {
    const { url } = server;
    const refused = (asking: Promise<unknown>, code: string, status: number) =>
      expect(asking).rejects.toMatchObject({ name: 'ApiError', code, status });
    await refused(veriframe.getSession('nowhere'), 'api.not_found', 404);
    await refused(veriframe.createSession({ mode: 'identify', policy: 'none' }), 'policy.unknown', 400);
    await refused(veriframe.createSession({ mode: 'verify', subject: ' ' }), 'api.invalid', 400);
    const stranger = createBackend({ url, apiKey: `vf_0000_${'x'.repeat(32)}` });
    await refused(stranger.createSession({ mode: 'identify' }), 'api.unauthorized', 401);
  });
});
