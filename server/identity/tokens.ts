import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  exportJWK,
  type JSONWebKeySet,
  jwtVerify,
  SignJWT,
} from 'jose';
import { z } from 'zod';
import { MODES, OUTCOMES, type Outcome } from '../../protocol/status.ts';
import type { Assurance } from '../decision/reasons.ts';
import type { SessionRequest } from '../session/ports.ts';
import { readOrCreateSecretFile } from './secret-file.ts';

/** What a token tells a relying application. */
export interface DecisionToSign {
  readonly request: SessionRequest;
  readonly outcome: Outcome;
  /** The subject decided on; named in the token only when accepted, and in none of a session that was observed. */
  readonly subject: string | null;
  readonly assurance: Assurance;
  /** Server time of the decision. */
  readonly atMs: number;
}

/** Signs decisions and publishes the key to check them with. */
export interface TokenIssuer {
  /** Compact JWS. */
  sign(decision: DecisionToSign): Promise<string>;
  /** Public keys, as served at `/.well-known/jwks.json`. */
  readonly jwks: JSONWebKeySet;
}

const ALGORITHM = 'EdDSA';
/** Keeps a decision from passing for any other token signed with the same key (RFC 8725, section 3.11). */
const TYPE = 'veriframe-decision+jwt';
/** Whoever followed the evidence could have improved a forgery by it: what such a session says is no decision. */
const OBSERVED_TYPE = 'veriframe-observation+jwt';
const LIFETIME_S = 5 * 60;
const KEY_FILE = 'token-signing-key.pem';

/**
 * An issuer whose Ed25519 key lies with mode 0600 in the data folder and is made at first start.
 * @param issuer the `iss` claim
 * @throws SecretFileError when others may read the key
 */
export async function createTokenIssuer(dataDir: string, issuer: string): Promise<TokenIssuer> {
  const { bytes } = await readOrCreateSecretFile(join(dataDir, KEY_FILE), () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    return Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  });
  const privateKey = createPrivateKey(bytes);
  const publicJwk = await exportJWK(createPublicKey(privateKey));
  const kid = await calculateJwkThumbprint(publicJwk);
  return {
    jwks: { keys: [{ ...publicJwk, kid, use: 'sig', alg: ALGORITHM }] },
    async sign({ request, outcome, subject, assurance, atMs }) {
      const issuedAtS = Math.floor(atMs / 1000);
      const { tier, measured, unmeasured, challengesPassed } = assurance;
      const claims = {
        ...(request.nonce === null ? {} : { nonce: request.nonce }),
        veriframe: {
          mode: request.mode,
          outcome,
          policy: request.policy,
          assurance: { tier, measured, unmeasured, challengesPassed },
          ...(request.observed ? { observed: true } : {}),
        },
      };
      const token = new SignJWT(claims)
        .setProtectedHeader({ alg: ALGORITHM, kid, typ: request.observed ? OBSERVED_TYPE : TYPE })
        .setIssuer(issuer)
        .setJti(request.sessionId)
        .setIssuedAt(issuedAtS)
        .setExpirationTime(issuedAtS + LIFETIME_S);
      if (request.audience !== null) token.setAudience(request.audience);
      if (outcome === 'accept' && subject !== null && !request.observed) token.setSubject(subject);
      return await token.sign(privateKey);
    },
  };
}

const claimsOfToken = z.object({
  iss: z.string(),
  aud: z.union([z.string(), z.array(z.string())]).optional(),
  jti: z.string(),
  iat: z.number(),
  exp: z.number(),
  sub: z.string().optional(),
  nonce: z.string().optional(),
  veriframe: z.object({
    mode: z.enum(MODES),
    outcome: z.enum(OUTCOMES),
    policy: z.string(),
    assurance: z.object({
      tier: z.enum(['base', 'full']),
      measured: z.array(z.string()),
      unmeasured: z.array(z.string()),
      challengesPassed: z.int().min(0),
    }),
  }),
});

export type VerifiedToken = z.infer<typeof claimsOfToken>;

/** What a relying application expects of a token beside its signature. */
export interface TokenExpectation {
  readonly issuer: string;
  /** Refuses tokens for anyone else; undefined accepts any audience. */
  readonly audience?: string;
  readonly nonce?: string;
  /** Time to judge expiry by; undefined takes the machine's clock. */
  readonly atMs?: number;
}

/**
 * Checks a token as a relying application should: signature, type, issuer, expiry, audience and nonce.
 * @throws jose's errors for a token that does not hold, Error for a wrong nonce, ZodError for missing claims
 */
export async function verifyToken(
  token: string,
  jwks: JSONWebKeySet,
  { issuer, audience, nonce, atMs }: TokenExpectation,
): Promise<VerifiedToken> {
  const { payload } = await jwtVerify(token, createLocalJWKSet(jwks), {
    algorithms: [ALGORITHM],
    typ: TYPE,
    issuer,
    requiredClaims: ['jti', 'iat', 'exp'],
    ...(audience === undefined ? {} : { audience }),
    ...(atMs === undefined ? {} : { currentDate: new Date(atMs) }),
  });
  const claims = claimsOfToken.parse(payload);
  if (nonce !== undefined && claims.nonce !== nonce) throw new Error('The token carries another nonce.');
  return claims;
}
