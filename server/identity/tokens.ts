import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, type JSONWebKeySet, SignJWT } from 'jose';
import {
  DECISION_TOKEN_TYPE,
  type DecisionClaims,
  OBSERVATION_TOKEN_TYPE,
  TOKEN_ALGORITHM,
} from '../../protocol/http/claims.ts';
import type { Outcome } from '../../protocol/status.ts';
import type { Assurance, ShownTrust } from '../decision/reasons.ts';
import type { SessionRequest } from '../session/ports.ts';
import { readOrCreateSecretFile } from './secret-file.ts';

/** What a token tells a relying application. */
export interface DecisionToSign {
  readonly request: SessionRequest;
  readonly outcome: Outcome;
  /** The subject decided on; named in the token only when accepted, and in none of a session that was observed. */
  readonly subject: string | null;
  readonly assurance: Assurance;
  /** Who answers for the capture; absent or null: nobody. */
  readonly captureBy?: string | null;
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
    jwks: { keys: [{ ...publicJwk, kid, use: 'sig', alg: TOKEN_ALGORITHM }] },
    async sign(decision) {
      return await new SignJWT(claimsOf(decision, issuer))
        .setProtectedHeader({
          alg: TOKEN_ALGORITHM,
          kid,
          typ: decision.request.observed ? OBSERVATION_TOKEN_TYPE : DECISION_TOKEN_TYPE,
        })
        .sign(privateKey);
    },
  };
}

function trustClaims(
  { capture, possession }: ShownTrust,
  captureBy: string | null,
): Pick<DecisionClaims['veriframe'], 'capture' | 'captureBy' | 'possession'> {
  return {
    capture,
    ...(captureBy === null ? {} : { captureBy }),
    possession: possession === null ? null : { kind: 'webauthn', ...possession },
  };
}

function claimsOf(
  { request, outcome, subject, assurance, captureBy = null, atMs }: DecisionToSign,
  issuer: string,
): DecisionClaims {
  const { sessionId, mode, policy, audience, nonce, observed } = request;
  const { tier, measured, unmeasured, challengesPassed, trust } = assurance;
  const issuedAtS = Math.floor(atMs / 1000);
  return {
    iss: issuer,
    ...(audience === null ? {} : { aud: audience }),
    jti: sessionId,
    iat: issuedAtS,
    exp: issuedAtS + LIFETIME_S,
    ...(outcome === 'accept' && subject !== null && !observed ? { sub: subject } : {}),
    ...(nonce === null ? {} : { nonce }),
    veriframe: {
      mode,
      outcome,
      policy,
      assurance: {
        tier,
        measured: [...measured],
        unmeasured: [...unmeasured],
        challengesPassed,
        ...(trust === undefined ? {} : { openTo: [...trust.openTo] }),
      },
      ...(trust === undefined ? {} : trustClaims(trust, captureBy)),
      ...(observed ? { observed } : {}),
    },
  };
}
