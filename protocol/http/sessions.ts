import { z } from 'zod';
import { CAPTURE_DEMANDS, MODES, OUTCOMES, POSSESSION_DEMANDS } from '../status.ts';
import { errorCode, subjectId } from './fields.ts';
import { liveTicket } from './live-feed.ts';
import {
  FOR_VOUCHERS,
  KEY_ERRORS,
  type OperationDescription,
  VOUCHER_ERRORS,
  WITH_KEY,
} from './operation.ts';

/** The policy of a session that names none. */
export const DEFAULT_POLICY = 'standard';

const opaque = z.string().min(1).max(256);

const newSession = z
  .strictObject({
    mode: z.enum(MODES),
    subject: subjectId.optional().describe('Required to enrol and to verify, absent to identify.'),
    policy: z.string().min(1).max(64).default(DEFAULT_POLICY),
    audience: opaque.optional().describe('Copied into the token as aud.'),
    nonce: opaque.optional().describe('Copied into the token.'),
    concealUnknown: z
      .boolean()
      .default(false)
      .describe(
        'Verify a subject without references against a reference that nobody matches, instead of refusing: the ' +
          'client cannot tell whether the subject is enrolled.',
      ),
    observe: z
      .boolean()
      .default(false)
      .describe(
        "Give leave to follow this session's evidence frame by frame: landmarks, pose, eye aspect ratio and cues. " +
          'Needs an API key that may observe. What it tells would help an attacker to improve a forgery, so the ' +
          'token of such a session is of another type, names nobody, and opens nothing; its failures lock out ' +
          'further observed sessions of the subject, and no others.',
      ),
    require: z
      .strictObject({
        capture: z
          .enum(CAPTURE_DEMANDS)
          .optional()
          .describe(
            'kiosk-signed: every analysed picture is covered by a signature of an enrolled kiosk. attested: your ' +
              'backend vouches for the application.',
          ),
        possession: z
          .enum(POSSESSION_DEMANDS)
          .optional()
          .describe(
            'A WebAuthn key of the subject signs in the session; user-verified: it also verifies its user. Not to ' +
              'identify. An enrolment fulfils it with a new key.',
          ),
      })
      .default({})
      .describe(
        'What must be shown beside the pictures. Without it the session ends re-verify, never accept.',
      ),
    registerKey: z
      .boolean()
      .default(false)
      .describe(
        'Register another WebAuthn key for the subject; the first enrolment does so by itself. You vouch that ' +
          'the person was identified in another way. Needs an API key that may vouch.',
      ),
  })
  .refine(({ mode, subject }) => (mode === 'identify') === (subject === undefined), {
    path: ['subject'],
    message: 'required to enrol and to verify, absent to identify',
  })
  .refine(({ mode, require }) => mode !== 'identify' || require.possession === undefined, {
    path: ['require', 'possession'],
    message: 'not to identify',
  })
  .refine(({ mode, registerKey }) => mode !== 'identify' || !registerKey, {
    path: ['registerKey'],
    message: 'not to identify',
  });

const createdSession = z.object({
  sessionId: z.string(),
  ticket: z.string().describe('For one hello, within its lifetime.'),
  expiresAtMs: z.number().describe('Server time at which the ticket expires, in ms since 1970.'),
  socketPath: z.string().describe('Path of the WebSocket on this server.'),
  subprotocol: z.string(),
  observation: liveTicket
    .exactOptional()
    .describe('Where the evidence is followed; only of a session to be observed.'),
});

export const createSession = {
  ...WITH_KEY,
  method: 'POST',
  path: '/v1/sessions',
  summary: 'Create a session and get the ticket that lets one client run it.',
  bodyKind: 'json',
  body: newSession,
  answers: { 201: createdSession },
  errors: [
    ...KEY_ERRORS,
    'api.not_granted',
    'policy.unknown',
    'policy.mode',
    'policy.not_granted',
    'policy.models',
    'subject.unknown',
    'subject.suspended',
    'subject.locked',
    'server.busy',
    'server.draining',
  ],
} as const satisfies OperationDescription;

const sessionView = z.object({
  sessionId: z.string(),
  mode: z.enum(MODES),
  policy: z.string(),
  createdAtMs: z.number(),
  state: z.enum(['waiting', 'running', 'decided', 'ended']),
  outcome: z.enum(OUTCOMES).nullable(),
  token: z.string().nullable(),
  code: errorCode
    .nullable()
    .describe('The error that ended it without a decision; null also where its ticket was never used.'),
});

export const getSession = {
  ...WITH_KEY,
  method: 'GET',
  path: '/v1/sessions/{id}',
  summary: 'Where a session stands and, once decided, its outcome and token.',
  params: z.strictObject({ id: z.string().min(1).max(64) }),
  answers: { 200: sessionView },
  errors: [...KEY_ERRORS, 'api.not_found'],
} as const satisfies OperationDescription;

export const attestSession = {
  ...FOR_VOUCHERS,
  method: 'POST',
  path: '/v1/sessions/{id}/attestation',
  summary:
    "Vouch for the application that runs the session, after its platform's verdict (Play Integrity, App Attest), " +
    'before the decision.',
  params: z.strictObject({ id: z.string().min(1).max(64) }),
  bodyKind: 'json',
  body: z.strictObject({
    nonce: opaque.describe('The nonce that the session was created with, and that the verdict is for.'),
    issuer: z
      .string()
      .regex(/^[\w.:-]{1,64}$/, 'must be 1 to 64 of A-Z a-z 0-9 _ . : -')
      .describe('Whose verdict it is, in your words, such as play-integrity. Goes into token and record.'),
  }),
  answers: { 200: z.object({ attested: z.literal(true) }) },
  errors: [...VOUCHER_ERRORS, 'api.not_found', 'session.decided'],
} as const satisfies OperationDescription;
