import { z } from 'zod';
import { MODES, OUTCOMES } from '../status.ts';
import { possessionClaim } from './claims.ts';
import { errorCode, modelTier, subjectHash } from './fields.ts';
import { FOR_OBSERVERS, OBSERVER_ERRORS, type OperationDescription } from './operation.ts';

export const MAX_ENTRIES_PER_PAGE = 200;

export const limit = z.coerce.number<number | string>().int().min(1).max(MAX_ENTRIES_PER_PAGE).default(50);
export const next = z.string().nullable().describe('Where the next page begins; null after the last.');

/** Position of an attempt in the record: `<decidedAtMs>.<sessionId>`. */
export const DECISION_PLACE = /^(\d{1,16})\.([\w-]{1,64})$/;

/** Cues and reasons are strings, because a later server may have recorded ones that this version does not know. */
const words = (what: string) => z.array(z.string()).describe(what);

export const decision = z.object({
  sessionId: z.string(),
  subjectHash: subjectHash.nullable(),
  mode: z.enum(MODES),
  outcome: z
    .enum(OUTCOMES)
    .nullable()
    .describe('Null of an attempt that an error ended before its decision.'),
  code: errorCode.nullable().describe('The error that ended it; null of an attempt that was decided.'),
  observed: z.boolean().describe('Whether its evidence could be followed: such a session opens nothing.'),
  policy: z.string(),
  reasons: words('Why it ended as it did.'),
  tier: modelTier.nullable(),
  measured: words('Cues that were measured.'),
  unmeasured: words('Cues that were not.'),
  challengesPassed: z.int().nullable(),
  capture: z
    .string()
    .nullable()
    .describe(
      'Who controls the camera, as in the token; null where nothing was decided or an earlier version recorded it.',
    ),
  captureBy: z.string().nullable().describe('The id of the kiosk’s key, or who attested the application.'),
  possession: possessionClaim.nullable().describe('A key of the subject that took part, as in the token.'),
  openTo: words(
    'Classes of attacker that nothing in the session stands against, as in the token.',
  ).nullable(),
  startedAtMs: z.number(),
  decidedAtMs: z.number().describe('When it ended.'),
});

export const listDecisions = {
  ...FOR_OBSERVERS,
  method: 'GET',
  path: '/v1/decisions',
  summary:
    'The record of attempts that have ended, the latest first: each redeemed ticket once, with its decision and the ' +
    'reasons, or with the error that ended it.',
  query: z.strictObject({
    limit,
    before: z
      .string()
      .regex(DECISION_PLACE, 'must be `next` of the page before')
      .optional()
      .describe('`next` of the page before.'),
  }),
  answers: { 200: z.object({ decisions: z.array(decision), next }) },
  errors: OBSERVER_ERRORS,
} as const satisfies OperationDescription;

const enrolledSubject = z.object({
  subjectHash,
  references: z.int().positive(),
  firstEnrolledAtMs: z.number(),
  lastEnrolledAtMs: z.number(),
});

export const listSubjects = {
  ...FOR_OBSERVERS,
  method: 'GET',
  path: '/v1/subjects',
  summary: 'Enrolled subjects by keyed hash, never by id.',
  query: z.strictObject({ limit, after: subjectHash.optional().describe('`next` of the page before.') }),
  answers: { 200: z.object({ total: z.int(), subjects: z.array(enrolledSubject), next }) },
  errors: OBSERVER_ERRORS,
} as const satisfies OperationDescription;
