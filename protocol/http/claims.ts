import { z } from 'zod';
import { CAPTURES, MODES, OUTCOMES, POSSESSION_PROOFS } from '../status.ts';

import { modelTier } from './fields.ts';

/** Words of a closed set, which a later server may have more of. */
const openSet = <T extends readonly [string, ...string[]]>(words: T) => z.union([z.enum(words), z.string()]);

/** Signature algorithm of decision tokens: Ed25519 (RFC 8037). A verifier accepts no other. */
export const TOKEN_ALGORITHM = 'EdDSA';

/**
 * The header `typ` of a decision token. It distinguishes a decision from other tokens that are signed with the same key
 * (RFC 8725, section 3.11).
 */
export const DECISION_TOKEN_TYPE = 'veriframe-decision+jwt';

/**
 * The header `typ` of the token of an observed session. An attacker who follows the evidence can improve a forgery with
 * it, so a verifier must not accept this token as a decision.
 */
export const OBSERVATION_TOKEN_TYPE = 'veriframe-observation+jwt';

/**
 * Classes of attacker (docs/security.md): something before a real camera; a client that feeds what a few pictures can
 * be made into; a client with a renderer, which every test of pictures lets pass.
 */
export const ATTACKS = ['presentation', 'cheap-injection', 'rendered-injection'] as const;

/** A WebAuthn key of the subject that took part in the session. */
export const possessionClaim = z.object({
  kind: openSet(['webauthn']),
  /** `registration` says nothing of who was there before: it made the key. */
  proof: openSet(POSSESSION_PROOFS),
  /** The key verified its user, by PIN or fingerprint. */
  userVerified: z.boolean(),
});

/** Claims of a decision token. Verifiers drop unknown claims. */
export const decisionClaims = z.object({
  /** Name of the service that signed the token (`VERIFRAME_ISSUER`). */
  iss: z.string(),
  /** The audience that the session was created with. Absent: it had none. */
  aud: z.union([z.string(), z.array(z.string())]).exactOptional(),
  /** Id of the session. */
  jti: z.string(),
  /** Time of the decision, in seconds since 1970. */
  iat: z.number(),
  /** Time from which the token is no longer valid, in seconds since 1970. */
  exp: z.number(),
  /** Time before which it is not valid yet, in seconds since 1970. The service signs none so far. */
  nbf: z.number().exactOptional(),
  /** The accepted subject. Only the token of an accept contains it, and never that of an observed session. */
  sub: z.string().exactOptional(),
  /** The nonce that the session was created with. Absent: it had none. */
  nonce: z.string().exactOptional(),
  veriframe: z.object({
    mode: z.enum(MODES),
    outcome: z.enum(OUTCOMES),
    policy: z.string(),
    /** The evidence for the outcome, so that a relying application can apply its own requirements. */
    assurance: z.object({
      tier: modelTier,
      /** Measured cues. A later server may name cues that are not known here. */
      measured: z.array(z.string()),
      unmeasured: z.array(z.string()),
      challengesPassed: z.int().min(0),
      /** Classes of attacker that nothing in this session stands against. Absent: the server does not say. */
      openTo: z.array(z.string()).exactOptional(),
    }),
    /** Who controls the camera. Absent: the server does not know such proofs, which is as good as `unattested`. */
    capture: openSet(CAPTURES).exactOptional(),
    /** The id of the kiosk's key, or who attested the application in the relying party's words. */
    captureBy: z.string().exactOptional(),
    /** Null: no key of the subject took part. Absent: the server does not know such proofs. */
    possession: possessionClaim.nullable().exactOptional(),
    /** Only in a token of type `OBSERVATION_TOKEN_TYPE`. */
    observed: z.literal(true).exactOptional(),
  }),
});

export type DecisionClaims = z.infer<typeof decisionClaims>;
