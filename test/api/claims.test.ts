import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  DECISION_TOKEN_TYPE,
  decisionClaims,
  OBSERVATION_TOKEN_TYPE,
  TOKEN_ALGORITHM,
} from '../../protocol/http/claims.ts';
import { MODES, OUTCOMES } from '../../protocol/status.ts';
import { CUES } from '../../server/policy/cues.ts';
import { createTokenIssuer, type DecisionToSign, type TokenIssuer } from '../../server/identity/tokens.ts';

const DECISION: DecisionToSign = {
  request: {
    sessionId: 'session-1',
    tenant: 'default',
    mode: 'verify',
    subject: 'alice',
    policy: 'standard',
    audience: 'https://shop.example',
    nonce: 'n-1',
    createdAtMs: 0,
  },
  outcome: 'accept',
  subject: 'alice',
  assurance: { tier: 'full', measured: CUES.slice(2), unmeasured: CUES.slice(0, 2), challengesPassed: 2 },
  atMs: 1_800_000_000_999,
};

describe('the schema of the claims', () => {
  let folder: string;
  let issuer: TokenIssuer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'veriframe-claims-'));
    issuer = await createTokenIssuer(folder, 'https://face.example');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const signed = async (change: Partial<DecisionToSign>, request: Partial<DecisionToSign['request']> = {}) =>
    await issuer.sign({ ...DECISION, ...change, request: { ...DECISION.request, ...request } });

  it('takes every token that the server signs, and knows all of its claims', async () => {
    for (const mode of MODES)
      for (const outcome of OUTCOMES)
        for (const request of [{ mode }, { mode, audience: null, nonce: null }]) {
          const claims: JWTPayload = decodeJwt(await signed({ outcome }, request));
          expect(decisionClaims.parse(claims)).toStrictEqual(claims);
        }
  });

  it('tells an observation from a decision by type and claim', async () => {
    const decision = await signed({});
    const observation = await signed({}, { observed: true });
    expect(decodeProtectedHeader(decision)).toMatchObject({ typ: DECISION_TOKEN_TYPE, alg: TOKEN_ALGORITHM });
    expect(decodeProtectedHeader(observation).typ).toBe(OBSERVATION_TOKEN_TYPE);
    expect(decisionClaims.parse(decodeJwt(decision)).veriframe.observed).toBe(undefined);
    const claims: JWTPayload = decodeJwt(observation);
    expect(decisionClaims.parse(claims)).toStrictEqual(claims);
    expect(claims).toMatchObject({ veriframe: { observed: true } });
  });

  it('takes claims and cues of a later server, and refuses what is no decision', async () => {
    const { veriframe, ...claims } = decisionClaims.parse(decodeJwt(await signed({})));
    const { assurance } = veriframe;
    const later = { ...veriframe, capture: 'kiosk', assurance: { ...assurance, measured: ['gait'] } };
    const read = decisionClaims.parse({ ...claims, veriframe: later, cnf: {} });
    expect(read.veriframe.assurance.measured).toEqual(['gait']);
    expect(read).not.toHaveProperty('cnf');
    for (const wrong of [
      {},
      { ...claims },
      { ...claims, veriframe: { ...veriframe, outcome: 'accepted' } },
      { ...claims, veriframe: { ...veriframe, observed: false } },
      { ...claims, veriframe: { ...veriframe, assurance: { ...assurance, challengesPassed: -1 } } },
      { ...claims, veriframe, jti: undefined },
      { ...claims, veriframe, sub: 7 },
      { ...claims, veriframe, nonce: null },
    ])
      expect([wrong, decisionClaims.safeParse(wrong).success]).toEqual([wrong, false]);
  });
});
