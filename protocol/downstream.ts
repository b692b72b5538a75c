import { z } from 'zod';
import { ERROR_CODES, RETRIES } from './errors.ts';
import { CHALLENGE_KINDS, DECISION_CAUSES, HINTS, MODES, OUTCOMES, PHASES } from './status.ts';

/** Leaves out a field whose value only a later server knows (SPEC R47). */
function withoutNewWord(field: string, known: readonly string[]) {
  return (message: unknown): unknown => {
    if (typeof message !== 'object' || message === null) return message;
    const word: unknown = Reflect.get(message, field);
    if (typeof word !== 'string' || known.includes(word)) return message;
    return Object.fromEntries(Object.entries(message).filter(([name]) => name !== field));
  };
}

const fraction = z.number().min(0).max(1);
const retry = z.enum(RETRIES);

/** What the client asks a WebAuthn key for (SPEC R48). */
const possessionRequest = z.object({
  /** `assert`: a key that the subject has signs. `register`: a new key is made. */
  task: z.enum(['assert', 'register']),
  /** Base64url. Good for this session and one answer. */
  challenge: z.string(),
  /** The relying party's id: the domain that keys are made for. */
  rpId: z.string(),
  /** Whether the key must verify its user, by PIN or fingerprint. */
  userVerification: z.enum(['required', 'preferred']),
  /** The user handle of a new key, base64url. Only with `register`. */
  user: z.string().exactOptional(),
  /**
   * Ids of keys that the subject has, base64url: a device that has one of them makes no other. Only with `register`.
   */
  exclude: z.array(z.string()).exactOptional(),
});

export const welcome = z.object({
  type: z.literal('welcome'),
  sessionId: z.string(),
  mode: z.enum(MODES),
  policy: z.string(),
  limits: z.object({
    /** Most bytes of one image. */
    maxImageBytes: z.int().positive(),
    /** Most pixels (width × height) of one image. */
    maxImagePixels: z.int().positive(),
    /** Most pixels (width × height) of one depth image. Absent: the server takes no depth images. */
    maxDepthPixels: z.int().positive().exactOptional(),
    maxFramesPerSecond: z.number().positive(),
    /** Longest duration of the session, from `welcome`. */
    maxSessionMs: z.int().positive(),
  }),
  /** Only to a client whose `hello` says that it can. */
  possession: possessionRequest.exactOptional(),
  /** The server knows the kiosk's key, and takes signed frames. The nonce is base64url (SPEC R52). */
  chain: z.object({ nonce: z.string() }).exactOptional(),
});

const statusFields = z.object({
  type: z.literal('status'),
  phase: z.enum(PHASES),
  face: z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() }).exactOptional(),
  hint: z.enum(HINTS).exactOptional(),
  progress: fraction,
  challenge: z
    .object({
      kind: z.enum(CHALLENGE_KINDS),
      number: z.int().positive(),
      of: z.int().positive(),
      remainingMs: z.number().min(0),
      skippable: z.boolean(),
    })
    .exactOptional(),
  flash: z
    .object({
      colour: z.string().regex(/^#[0-9a-f]{6}$/),
      number: z.int().positive(),
      of: z.int().positive(),
    })
    .exactOptional(),
});

export const status = z.preprocess(withoutNewWord('hint', HINTS), statusFields);

/** Allows the client to send `frames` more frames. The first credit follows `welcome`. */
export const credit = z.object({ type: z.literal('credit'), frames: z.int().positive() });

const decisionFields = z.object({
  type: z.literal('decision'),
  outcome: z.enum(OUTCOMES),
  /** Compact JWS. The relying application verifies it with the server's JWKS. */
  token: z.string().optional(),
  retry,
  /** What was too slow for a decision, or which demanded proof is missing. Absent: neither made a difference. */
  cause: z.enum(DECISION_CAUSES).exactOptional(),
});
export const decision = z.preprocess(withoutNewWord('cause', DECISION_CAUSES), decisionFields);

export const error = z.object({
  type: z.literal('error'),
  code: z.enum(ERROR_CODES),
  message: z.string(),
  retry,
  /** Milliseconds after which a new attempt makes sense, where that is known. */
  retryAfterMs: z.number().min(0).exactOptional(),
});

/** Schemas of all messages of a server, by their `type`. */
export const DOWNSTREAM = { welcome, status, credit, decision, error } as const;

export type Welcome = z.infer<typeof welcome>;
export type PossessionRequest = z.infer<typeof possessionRequest>;
export type Status = z.infer<typeof status>;
export type Credit = z.infer<typeof credit>;
export type Decision = z.infer<typeof decision>;
export type ErrorMessage = z.infer<typeof error>;
export type Downstream = Welcome | Status | Credit | Decision | ErrorMessage;
