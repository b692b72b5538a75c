import { generateKeyPairSync } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, type JWTPayload, SignJWT } from 'jose';
import type { DecisionErrorCode } from '../../client/backend/index.ts';
import { DECIDED_AT_MS, type Signer } from './signer.ts';

/** The token's parts: header, payload, signature. */
const withPart = (token: string, index: number, change: (part: string) => string) =>
  token
    .split('.')
    .map((part, at) => (at === index ? change(part) : part))
    .join('.');

export const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

const changed = (part: string) => {
  const claims = JSON.parse(Buffer.from(part, 'base64url').toString());
  return { ...claims, sub: 'ada', veriframe: { ...claims.veriframe, outcome: 'accept' } };
};

const without = (name: string) => (claims: JWTPayload) =>
  Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name));

type Alteration = readonly [DecisionErrorCode, string, (signer: Signer) => Promise<string>];

/** Genuine tokens, each altered in one way, and the code each must be refused with. */
export const ALTERED: readonly Alteration[] = [
  ['malformed', 'is empty', async () => ''],
  ['malformed', 'has two parts', async (signer) => (await signer.sign()).split('.').slice(0, 2).join('.')],
  [
    'malformed',
    'has a header that is no JSON',
    async (signer) => withPart(await signer.sign(), 0, () => 'AAAA'),
  ],
  ['malformed', 'is longer than any token', async (signer) => `${await signer.sign()}${'A'.repeat(20_000)}`],
  ['malformed', 'lacks the claim of veriframe', (signer) => signer.resign({ claims: without('veriframe') })],
  ['malformed', 'lacks its session', (signer) => signer.resign({ claims: without('jti') })],
  ['malformed', 'never expires', (signer) => signer.resign({ claims: without('exp') })],
  [
    'malformed',
    'has an outcome that nobody knows',
    (signer) =>
      signer.resign({
        claims: ({ veriframe, ...rest }) => ({
          ...rest,
          veriframe: { ...Object(veriframe), outcome: 'yes' },
        }),
      }),
  ],
  [
    'malformed',
    'asks for an extension that nobody knows',
    async (signer) =>
      withPart(await signer.sign(), 0, (part) =>
        base64({ ...JSON.parse(Buffer.from(part, 'base64url').toString()), crit: ['new'], new: true }),
      ),
  ],
  ['type', 'has no type', (signer) => signer.resign({ header: { typ: undefined } })],
  ['type', 'is of the type of any token', (signer) => signer.resign({ header: { typ: 'JWT' } })],
  ['observed', 'is of an observed session', (signer) => signer.sign({ request: { observed: true } })],
  [
    'observed',
    'is of an observed session and of the type of a decision',
    (signer) =>
      signer.resign({
        claims: ({ veriframe, ...rest }) => ({
          ...rest,
          veriframe: { ...Object(veriframe), observed: true },
        }),
      }),
  ],
  [
    'algorithm',
    'is signed by nobody',
    async (signer) => {
      const token = withPart(await signer.sign(), 0, (part) =>
        base64({ ...JSON.parse(Buffer.from(part, 'base64url').toString()), alg: 'none' }),
      );
      return withPart(token, 2, () => 'AAAA');
    },
  ],
  [
    'algorithm',
    'is signed with the public key as a secret',
    async (signer) => {
      const token = await signer.sign();
      return await new SignJWT(decodeJwt(token))
        .setProtectedHeader({ ...decodeProtectedHeader(token), alg: 'HS256' })
        .sign(Buffer.from(JSON.stringify(signer.jwks.keys[0])));
    },
  ],
  ['key', 'names a key that is not published', (signer) => signer.resign({ header: { kid: 'another' } })],
  [
    'signature',
    "is signed with another key under the published one's name",
    async (signer) => {
      const token = await signer.sign();
      return await new SignJWT(decodeJwt(token))
        .setProtectedHeader({ alg: 'EdDSA', ...decodeProtectedHeader(token) })
        .sign(generateKeyPairSync('ed25519').privateKey);
    },
  ],
  ['signature', 'has no signature', async (signer) => withPart(await signer.sign(), 2, () => '')],
  [
    'signature',
    'had its claims changed',
    async (signer) => withPart(await signer.sign({ outcome: 'reject' }), 1, (part) => base64(changed(part))),
  ],
  [
    'issuer',
    'is from another issuer',
    (signer) => signer.resign({ claims: (claims) => ({ ...claims, iss: 'faces' }) }),
  ],
  ['audience', 'is for another audience', (signer) => signer.sign({ request: { audience: 'bank' } })],
  ['audience', 'is for no audience', (signer) => signer.sign({ request: { audience: null } })],
  ['not_yet_valid', 'was issued in the future', (signer) => signer.sign({ atMs: DECIDED_AT_MS + 60_000 })],
  [
    'not_yet_valid',
    'must not be used before a time to come',
    (signer) => signer.resign({ claims: (claims) => ({ ...claims, nbf: DECIDED_AT_MS / 1000 + 60 }) }),
  ],
  ['expired', 'has expired', (signer) => signer.sign({ atMs: DECIDED_AT_MS - 320_000 })],
  ['session', 'is for another session', (signer) => signer.sign({ request: { sessionId: 'session-2' } })],
  ['nonce', 'carries another nonce', (signer) => signer.sign({ request: { nonce: 'nonce-2' } })],
  ['nonce', 'carries no nonce', (signer) => signer.sign({ request: { nonce: null } })],
  ['mode', 'is an enrolment', (signer) => signer.sign({ request: { mode: 'enrol' } })],
  [
    'policy',
    'was decided under another policy',
    (signer) => signer.sign({ request: { policy: 'attended' } }),
  ],
  ['outcome', 'rejects', (signer) => signer.sign({ outcome: 'reject' })],
  ['outcome', 'asks for another look', (signer) => signer.sign({ outcome: 're-verify' })],
  ['subject', 'accepts somebody else', (signer) => signer.sign({ subject: 'grace' })],
  ['subject', 'accepts nobody', (signer) => signer.sign({ subject: null })],
];
