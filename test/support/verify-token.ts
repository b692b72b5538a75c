import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import {
  DECISION_TOKEN_TYPE,
  type DecisionClaims,
  decisionClaims,
  TOKEN_ALGORITHM,
} from '../../protocol/http/claims.ts';

/** What a relying application expects of a token beside its signature. */
interface TokenExpectation {
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
): Promise<DecisionClaims> {
  const { payload } = await jwtVerify(token, createLocalJWKSet(jwks), {
    algorithms: [TOKEN_ALGORITHM],
    typ: DECISION_TOKEN_TYPE,
    issuer,
    requiredClaims: ['jti', 'iat', 'exp'],
    ...(audience === undefined ? {} : { audience }),
    ...(atMs === undefined ? {} : { currentDate: new Date(atMs) }),
  });
  const claims = decisionClaims.parse(payload);
  if (nonce !== undefined && claims.nonce !== nonce) throw new Error('The token carries another nonce.');
  return claims;
}
