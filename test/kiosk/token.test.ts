import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endpointsOf } from '../../client/kiosk/endpoints.ts';
import { connect } from '../../client/kiosk/session-client.ts';
import { checkToken, type TokenExpectation } from '../../client/kiosk/token.ts';
import {
  ISSUER,
  said,
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
    policy: 'standard',
    issuer: ISSUER,
    outcome: 'accept',
    nonce: 'the-nonce',
    subject: 'anna',
  };

  async function check(claims: TokenChoice, expectation = expected, jwks = endpointsOf(server.url).jwks) {
    choice = { ...claims, claims: { nonce: 'the-nonce', ...claims.claims } };
    const session = await connect({ url: server.streamUrl, ticket: server.ticket });
    const { token = '' } = await session.decision;
    return checkToken(token, jwks, expectation, signal);
  }

  it('takes a token that says what was decided, and tells whom it names', async () => {
    expect(await check({})).toEqual({ subject: 'anna' });
    const little = { ...expected, subject: null, nonce: null, policy: null, issuer: null };
    expect(await check({}, little)).toEqual({ subject: 'anna' });
  });

  it.each<[string, string, TokenChoice]>([
    ['signature', 'is signed with a key the server does not publish', { foreignKey: true }],
    ['session', 'is for another session', { claims: { jti: 'another' } }],
    ['nonce', 'carries another nonce', { claims: { nonce: 'another' } }],
    ['nonce', 'carries no nonce', { claims: { nonce: undefined } }],
    ['subject', 'names another subject', { claims: { sub: 'berta' } }],
    ['subject', 'names nobody', { claims: { sub: undefined } }],
    ['outcome', 'says reject', { claims: { veriframe: said({ mode: 'verify', outcome: 'reject' }) } }],
    ['mode', 'was made for enrolment', { claims: { veriframe: said({ mode: 'enrol', outcome: 'accept' }) } }],
    ['policy', 'was decided under another policy', { policy: 'passive' }],
    ['malformed', 'speaks of no outcome', { claims: { veriframe: undefined } }],
    ['type', 'is of another type', { type: 'JWT' }],
    ['observed', 'is of an observed session', { type: 'veriframe-observation+jwt' }],
    ['expired', 'has expired', { expiresAtS: now() - 60 }],
  ])('refuses (%s) one that %s', async (code, _, claims) => {
    await expect(check(claims)).rejects.toMatchObject({ code: 'token.invalid', cause: { code } });
  });

  it('refuses one from another issuer', async () => {
    await expect(check({}, { ...expected, issuer: 'another' })).rejects.toMatchObject({
      code: 'token.invalid',
      cause: { code: 'issuer' },
    });
  });

  it('refuses what is no token, and any token when the keys cannot be had', async () => {
    const { jwks } = endpointsOf(server.url);
    await expect(checkToken('no.token.this', jwks, expected, signal)).rejects.toMatchObject({
      code: 'token.invalid',
    });
    const gone = await startServer({});
    await gone.close();
    await expect(check({}, expected, endpointsOf(gone.url).jwks)).rejects.toMatchObject({
      code: 'token.invalid',
      cause: { code: 'connection.failed' },
    });
  });
});
