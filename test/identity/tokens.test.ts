import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { calculateJwkThumbprint, decodeJwt, decodeProtectedHeader } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTokenIssuer, type DecisionToSign } from '../../server/identity/tokens.ts';
import { verifyToken } from '../support/verify-token.ts';

const atMs = 1_800_000_000_000;
const decision: DecisionToSign = {
  request: {
    sessionId: 'session-1',
    tenant: 'default',
    mode: 'verify',
    subject: 'alice',
    policy: 'standard',
    audience: 'https://shop.example',
    nonce: 'n-1',
    createdAtMs: atMs - 5000,
  },
  outcome: 'accept',
  subject: 'alice',
  assurance: { tier: 'base', measured: ['match'], unmeasured: ['passive-pad'], challengesPassed: 2 },
  atMs,
};
const expectation = { issuer: 'veriframe', audience: 'https://shop.example', nonce: 'n-1', atMs };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'veriframe-tokens-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('decision tokens', () => {
  it('are not decisions, and name nobody, when the session was observed', async () => {
    const issuer = await createTokenIssuer(folder, 'veriframe');
    const request = { ...decision.request, observed: true } as const;
    const observed = await issuer.sign({ ...decision, request });
    await expect(verifyToken(observed, issuer.jwks, expectation)).rejects.toThrow('typ');
    expect(decodeProtectedHeader(observed).typ).toBe('veriframe-observation+jwt');
    expect(decodeJwt(observed)).toMatchObject({ veriframe: { outcome: 'accept', observed: true } });
    expect(decodeJwt(observed)).not.toHaveProperty('sub');
  });

  it('carry the documented claims and verify against the published keys', async () => {
    const issuer = await createTokenIssuer(folder, 'veriframe');
    const token = await issuer.sign(decision);
    const claims = await verifyToken(token, issuer.jwks, expectation);
    expect(claims).toEqual({
      iss: 'veriframe',
      sub: 'alice',
      aud: 'https://shop.example',
      nonce: 'n-1',
      jti: 'session-1',
      iat: atMs / 1000,
      exp: atMs / 1000 + 300,
      veriframe: {
        mode: 'verify',
        outcome: 'accept',
        policy: 'standard',
        assurance: { tier: 'base', measured: ['match'], unmeasured: ['passive-pad'], challengesPassed: 2 },
      },
    });
  });

  it.each(['reject', 're-verify'] as const)('name no subject when the outcome is %s', async (outcome) => {
    const issuer = await createTokenIssuer(folder, 'veriframe');
    const claims = await verifyToken(await issuer.sign({ ...decision, outcome }), issuer.jwks, expectation);
    expect(claims.sub).toBeUndefined();
    expect(claims.veriframe.outcome).toBe(outcome);
  });

  it('have no audience and no nonce when none was requested', async () => {
    const issuer = await createTokenIssuer(folder, 'veriframe');
    const request = { ...decision.request, audience: null, nonce: null };
    const claims = decodeJwt(await issuer.sign({ ...decision, request }));
    expect(claims).not.toHaveProperty('aud');
    expect(claims).not.toHaveProperty('nonce');
  });

  it('fail with another audience, nonce, issuer, key, a changed claim, or after five minutes', async () => {
    const issuer = await createTokenIssuer(folder, 'veriframe');
    const stranger = await createTokenIssuer(join(folder, 'other'), 'veriframe');
    const token = await issuer.sign(decision);
    const [header, body = '', signature] = token.split('.');
    const changed = Buffer.from(
      Buffer.from(body, 'base64url').toString().replace('"accept"', '"reject"'),
    ).toString('base64url');
    const check = (candidate: string, change: object, jwks = issuer.jwks) =>
      verifyToken(candidate, jwks, { ...expectation, ...change });
    await expect(check(token, {})).resolves.toBeDefined();
    await expect(check(token, { audience: 'https://evil.example' })).rejects.toThrow('aud');
    await expect(check(token, { nonce: 'n-2' })).rejects.toThrow('nonce');
    await expect(check(token, { issuer: 'other' })).rejects.toThrow('iss');
    await expect(check(token, { atMs: atMs + 301_000 })).rejects.toThrow('exp');
    await expect(check(`${header}.${changed}.${signature}`, {})).rejects.toThrow('signature');
    await expect(check(token, {}, stranger.jwks)).rejects.toThrow('no applicable key');
  });

  it('are signed by the same key after a restart, in a file of mode 0600, whose id is its thumbprint', async () => {
    const first = await createTokenIssuer(folder, 'veriframe');
    const second = await createTokenIssuer(folder, 'veriframe');
    expect(second.jwks).toEqual(first.jwks);
    await verifyToken(await first.sign(decision), second.jwks, expectation);
    const path = join(folder, 'token-signing-key.pem');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, 'utf8')).toContain('PRIVATE KEY');

    const [key] = first.jwks.keys;
    expect(key).not.toHaveProperty('d');
    expect(key?.kid).toBe(await calculateJwkThumbprint(key ?? {}));
    expect(decodeProtectedHeader(await first.sign(decision))).toEqual({
      alg: 'EdDSA',
      kid: key?.kid,
      typ: 'veriframe-decision+jwt',
    });
  });
});
