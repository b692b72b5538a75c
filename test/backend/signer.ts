import { createPrivateKey } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';
import { createTokenIssuer, type DecisionToSign, type TokenIssuer } from '../../server/identity/tokens.ts';

export const ISSUER = 'veriframe';
/** Time of every decision here. */
export const DECIDED_AT_MS = 1_800_000_000_000;

export const DECISION: DecisionToSign = {
  request: {
    sessionId: 'session-1',
    tenant: 'default',
    mode: 'verify',
    subject: 'ada',
    policy: 'standard',
    audience: 'shop',
    nonce: 'nonce-1',
    createdAtMs: DECIDED_AT_MS - 5_000,
  },
  outcome: 'accept',
  subject: 'ada',
  assurance: { tier: 'base', measured: ['match'], unmeasured: ['passive-pad'], challengesPassed: 2 },
  atMs: DECIDED_AT_MS,
};

/** What differs from `DECISION`. */
export type Difference = Partial<Omit<DecisionToSign, 'request'>> & {
  readonly request?: Partial<DecisionToSign['request']>;
};

/** The server's own issuer, and its key, with which tokens are signed that the server would never make. */
export interface Signer extends AsyncDisposable {
  readonly jwks: TokenIssuer['jwks'];
  /** A token as the server makes it. */
  sign(difference?: Difference): Promise<string>;
  /** The token of `DECISION` with other claims or another header, signed with the server's key all the same. */
  resign(change: {
    readonly claims?: (claims: JWTPayload) => JWTPayload;
    /** Undefined: without it. */
    readonly header?: { readonly [Name in 'typ' | 'kid']?: string | undefined };
  }): Promise<string>;
}

export async function createSigner(issuerName = ISSUER): Promise<Signer> {
  const folder = await mkdtemp(join(tmpdir(), 'veriframe-signer-'));
  const issuer = await createTokenIssuer(folder, issuerName);
  const sign = ({ request, ...rest }: Difference = {}) =>
    issuer.sign({ ...DECISION, ...rest, request: { ...DECISION.request, ...request } });
  return {
    jwks: issuer.jwks,
    sign,
    async resign({ claims = (same) => same, header = {} }) {
      const token = await sign();
      const key = createPrivateKey(await readFile(join(folder, 'token-signing-key.pem')));
      return await new SignJWT(claims(decodeJwt(token)))
        .setProtectedHeader({ ...decodeProtectedHeader(token), ...header } as JWTHeaderParameters)
        .sign(key);
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
