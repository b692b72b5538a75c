import { z } from 'zod';
import { subjectId } from './fields.ts';
import { FOR_IMPORTERS, IMPORTER_ERRORS, type OperationDescription } from './operation.ts';
import { consentGiven, text, time } from './subject-records.ts';

/** Most photographs that one reference is made of. */
export const MAX_PHOTOS = 8;
/** Bytes of one photograph. */
export const MAX_PHOTO_BYTES = 512 * 1024;
/** Characters that so many bytes take in base64. */
const MAX_PHOTO_TEXT = 4 * Math.ceil(MAX_PHOTO_BYTES / 3);
const MAX_DISTINCT = 8;

/** Why a photograph is not used. A published reason keeps its meaning. */
export const PHOTO_REFUSALS = [
  'unreadable',
  'heic',
  'too-many-pixels',
  'no-face',
  'several-faces',
  'face-covered',
  'face-too-small',
  'face-too-large',
  'face-cut-off',
  'face-turned',
  'too-dark',
  'too-bright',
  'blurred',
  'other-face',
] as const;
export type PhotoRefusal = (typeof PHOTO_REFUSALS)[number];

/**
 * Why no reference is made: no photograph can be used; the face is another subject's; it is not the face that the
 * subject has; the subject has as many references as it may, or is suspended.
 */
export const IMPORT_REFUSALS = [
  'no-usable-photo',
  'duplicate',
  'not-the-subject',
  'too-many-references',
  'suspended',
] as const;
export type ImportRefusal = (typeof IMPORT_REFUSALS)[number];

const openSet = <T extends readonly [string, ...string[]]>(words: T) => z.union([z.enum(words), z.string()]);

export const importPhotos = {
  ...FOR_IMPORTERS,
  method: 'POST',
  path: '/v1/subjects/{id}/photos',
  summary:
    "Enrol a subject from photographs, for which the key's owner vouches: one good one is enough, and several become " +
    'one reference. The same photographs again change nothing. No photograph is stored.',
  params: z.strictObject({ id: subjectId }),
  bodyKind: 'json',
  body: z.strictObject({
    photos: z
      .array(
        z.strictObject({
          image: z.string().min(1).max(MAX_PHOTO_TEXT).describe('JPEG, PNG or WebP, in base64.'),
          sha256: z
            .string()
            .regex(/^[0-9a-f]{64}$/)
            .optional()
            .describe('Of the file that it was made from, to know it again. Absent: that of the image.'),
        }),
      )
      .min(1)
      .max(MAX_PHOTOS),
    label: text.optional(),
    consent: consentGiven.optional(),
    expiresAtMs: time.optional().describe('When the subject is erased by itself.'),
    distinctFrom: z
      .array(subjectId)
      .max(MAX_DISTINCT)
      .default([])
      .describe(
        'Subjects that it was found a duplicate of, and of whom you know that they are other people.',
      ),
  }),
  maxBodyBytes: MAX_PHOTOS * MAX_PHOTO_TEXT + 16 * 1024,
  answers: {
    200: z.object({
      subject: z.string(),
      result: openSet(['stored', 'known', 'refused']).describe('known: a reference is made of them already.'),
      reason: openSet(IMPORT_REFUSALS).nullable().describe('Why it was refused; null: it was not.'),
      duplicateOf: z
        .string()
        .nullable()
        .describe('Whose face it is, told to keys that may manage subjects; null otherwise.'),
      reference: z.string().nullable().describe('Id of the new reference.'),
      photos: z
        .array(
          z.object({
            result: openSet(['used', 'known', 'refused', 'not-used']),
            reason: openSet(PHOTO_REFUSALS).nullable(),
          }),
        )
        .describe('In the order of the request. not-used: good, but no reference was made.'),
      analysis: z
        .object({ ms: z.number(), workers: z.int() })
        .describe(
          'Time that workers took for the photographs, one after another, and how many workers there are.',
        ),
    }),
  },
  errors: [...IMPORTER_ERRORS, 'subject.busy', 'server.busy', 'server.draining'],
} as const satisfies OperationDescription;
