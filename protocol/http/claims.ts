import { z } from 'zod';
import { MODES, OUTCOMES } from '../status.ts';
import { modelTier } from './fields.ts';

/** Signature algorithm of decision tokens: Ed25519 (RFC 8037). A verifier accepts no other. */
export const TOKEN_ALGORITHM = 'EdDSA';

/**
 * The `typ` of a decision. It keeps a decision from passing for any other token signed with the same key (RFC 8725,
 * section 3.11).
 */
export const DECISION_TOKEN_TYPE = 'veriframe-decision+jwt';

/**
 * The `typ` of what an observed session says. Whoever followed the evidence could have improved a forgery by it, so
 * that a verifier must not take it for a decision.
 */
export const OBSERVATION_TOKEN_TYPE = 'veriframe-observation+jwt';

/** Claims of a decision token, checked by whoever verifies one. Unknown claims are dropped. */
export const decisionClaims = z.object({
  /** Name of the service that signed it (`VERIFRAME_ISSUER`). */
  iss: z.string(),
  /** What the session was created with; absent when it named none. */
  aud: z.union([z.string(), z.array(z.string())]).exactOptional(),
  /** Id of the session. */
  jti: z.string(),
  /** Time of the decision, in seconds since 1970. */
  iat: z.number(),
  /** Time from which on it is no longer valid, in seconds since 1970. */
  exp: z.number(),
  /** Time before which it is not valid yet, in seconds since 1970. The service signs none so far. */
  nbf: z.number().exactOptional(),
  /** Subject decided on; only an accept names one, and never that of an observed session. */
  sub: z.string().exactOptional(),
  /** What the session was created with; absent when it named none. */
  nonce: z.string().exactOptional(),
  veriframe: z.object({
    mode: z.enum(MODES),
    outcome: z.enum(OUTCOMES),
    policy: z.string(),
    /** What stands behind the outcome, so that a relying application can set its own bar. */
    assurance: z.object({
      tier: modelTier,
      /** Cues that were measured. A later server may name ones that are not known here. */
      measured: z.array(z.string()),
      unmeasured: z.array(z.string()),
      challengesPassed: z.int().min(0),
    }),
    /** Only in a token of type `OBSERVATION_TOKEN_TYPE`. */
    observed: z.literal(true).exactOptional(),
  }),
});

export type DecisionClaims = z.infer<typeof decisionClaims>;
