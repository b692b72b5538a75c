import { z } from 'zod';
import { MODES, OUTCOMES } from '@veriframe/protocol';

/*
 * What the service answers, as far as this package reads it. Members that a newer service adds are ignored, and lists
 * of words that grow (cues, reasons) are read as plain strings.
 */

const tier = z.enum(['base', 'full']);

export const liveTicket = z.object({
  ticket: z.string().min(1),
  expiresAtMs: z.number(),
  socketPath: z.string(),
  subprotocol: z.string(),
});
/** What lets one listener onto a live feed: for one hello, until `expiresAtMs` (server time, ms since 1970). */
export type LiveTicket = z.infer<typeof liveTicket>;

export const createdSession = z.object({
  sessionId: z.string().min(1),
  ticket: z.string().min(1),
  expiresAtMs: z.number(),
  socketPath: z.string(),
  subprotocol: z.string(),
  observation: liveTicket.optional(),
});
/** The service's answer to `POST /v1/sessions`. The ticket lets one client run the session until `expiresAtMs`. */
export type CreatedSession = z.infer<typeof createdSession>;

export const sessionView = z.object({
  sessionId: z.string(),
  mode: z.enum(MODES),
  policy: z.string(),
  createdAtMs: z.number(),
  state: z.enum(['waiting', 'running', 'decided', 'ended']),
  outcome: z.enum(OUTCOMES).nullable(),
  token: z.string().nullable(),
  code: z.string().nullable(),
});
/**
 * Where a session stands. `outcome` and `token` are null until it is decided. `code` is the error that ended it without
 * a decision; null also where nobody used its ticket.
 */
export type SessionView = z.infer<typeof sessionView>;

export const subjectView = z.object({ references: z.int().min(0) });
export const erasedSubject = z.object({ erasedReferences: z.int().min(0) });

export const subjectsPage = z.object({
  total: z.int(),
  subjects: z.array(
    z.object({
      subjectHash: z.string(),
      references: z.int(),
      firstEnrolledAtMs: z.number(),
      lastEnrolledAtMs: z.number(),
    }),
  ),
  next: z.string().nullable(),
});
/** Enrolled subjects by keyed hash, never by id. `next` is the `after` of the page that follows; null on the last. */
export type SubjectsPage = z.infer<typeof subjectsPage>;

export const decisionsPage = z.object({
  decisions: z.array(
    z.object({
      sessionId: z.string(),
      subjectHash: z.string().nullable(),
      mode: z.enum(MODES),
      outcome: z.enum(OUTCOMES).nullable(),
      code: z.string().nullable(),
      observed: z.boolean(),
      policy: z.string(),
      reasons: z.array(z.string()),
      tier: tier.nullable(),
      measured: z.array(z.string()),
      unmeasured: z.array(z.string()),
      challengesPassed: z.int().nullable(),
      startedAtMs: z.number(),
      decidedAtMs: z.number(),
    }),
  ),
  next: z.string().nullable(),
});
/**
 * Attempts that have ended, the latest first. An attempt that an error ended has a `code` and no outcome. `next` is the
 * `before` of the page that follows; null on the last.
 */
export type DecisionsPage = z.infer<typeof decisionsPage>;

/** Body of every refusal. */
export const failure = z.object({
  error: z.object({
    code: z.string(),
    message: z.string().optional(),
    retry: z.enum(['never', 'now', 'backoff']).optional(),
  }),
});

/** A JSON Web Key Set (RFC 7517, section 5). */
export const keySet = z.object({ keys: z.array(z.record(z.string(), z.unknown())) });

/** Claims of a decision's token. */
export const decisionClaims = z.object({
  iss: z.string(),
  aud: z.union([z.string(), z.array(z.string())]).optional(),
  jti: z.string(),
  iat: z.number(),
  exp: z.number(),
  nbf: z.number().optional(),
  sub: z.string().optional(),
  nonce: z.string().optional(),
  veriframe: z.object({
    mode: z.enum(MODES),
    outcome: z.enum(OUTCOMES),
    policy: z.string(),
    assurance: z.object({
      tier,
      measured: z.array(z.string()),
      unmeasured: z.array(z.string()),
      challengesPassed: z.int().min(0),
    }),
    observed: z.boolean().optional(),
  }),
});
export type DecisionClaims = z.infer<typeof decisionClaims>;

/** Which models decided: `full` when the optional models for matching and attack detection were loaded. */
export type Tier = z.infer<typeof tier>;
