import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endpointsOf } from '../../client/kiosk/endpoints.ts';
import { connect } from '../../client/kiosk/session-client.ts';
import { checkToken, type TokenExpectation } from '../../client/kiosk/token.ts';
import {
  SESSION_ID,
  startServer,
  welcome,
  type Script,
  type TestServer,
  type TokenChoice,
} from './support/server.ts';

const signal = new AbortController().signal;
const now = () => Math.floor(Date.now() / 1000);

describe('checkToken', () => {
  let choice: TokenChoice;
  let server: TestServer;
  const script: Script = {
    hello(peer) {
      welcome(peer);
      void peer.decide('accept', choice);
    },
  };
  beforeAll(async () => {
    server = await startServer(script);
  });
  afterAll(() => server.close());

  const expected: TokenExpectation = {
    sessionId: SESSION_ID,
    mode: 'verify',
    outcome: 'accept',
    nonce: 'the-nonce',
    subject: 'anna',
  };

  async function check(claims: TokenChoice, expectation = expected) {
    choice = { ...claims, claims: { nonce: 'the-nonce', ...claims.claims } };
    const session = await connect({ url: server.streamUrl, ticket: server.ticket });
    const { token = '' } = await session.decision;
    return checkToken(token, endpointsOf(server.url).jwks, expectation, signal);
  }

  it('takes a token that says what was decided, and tells whom it names', async () => {
    expect(await check({})).toEqual({ subject: 'anna' });
    expect(await check({}, { ...expected, subject: null, nonce: null })).toEqual({ subject: 'anna' });
  });

  it.each<[string, TokenChoice]>([
    ['is signed with a key the server does not publish', { foreignKey: true }],
    ['is for another session', { claims: { jti: 'another' } }],
    ['carries another nonce', { claims: { nonce: 'another' } }],
    ['carries no nonce', { claims: { nonce: undefined } }],
    ['names another subject', { claims: { sub: 'berta' } }],
    ['names nobody', { claims: { sub: undefined } }],
    ['says reject', { claims: { veriframe: { mode: 'verify', outcome: 'reject' } } }],
    ['was made for enrolment', { claims: { veriframe: { mode: 'enrol', outcome: 'accept' } } }],
    ['speaks of no outcome', { claims: { veriframe: undefined } }],
    ['is of another type', { type: 'JWT' }],
    ['has expired', { expiresAtS: now() - 60 }],
  ])('refuses one that %s', async (_, claims) => {
    await expect(check(claims)).rejects.toEqual(expect.objectContaining({ code: 'token.invalid' }));
  });

  it('refuses what is no token, and any token when the keys cannot be had', async () => {
    const { jwks } = endpointsOf(server.url);
    await expect(checkToken('no.token.this', jwks, expected, signal)).rejects.toMatchObject({
      code: 'token.invalid',
    });
    const gone = await startServer({});
    await gone.close();
    const checking = check({}).then(() => checkToken('a.b.c', endpointsOf(gone.url).jwks, expected, signal));
    await expect(checking).rejects.toMatchObject({ code: 'token.invalid' });
  });
});
