import { z } from 'zod';
import { ERROR_CODES, RETRIES } from '../errors.ts';

/**
 * 1 to 128 characters: ASCII letters and digits and `. _ @ + : -`; the first is a letter or digit. The value is safe in
 * a path, a log line and a file name. Relying applications should use a random id, not a name or an address.
 */
export const subjectId = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._@+:-]{0,127}$/,
    'must be 1 to 128 of A-Z a-z 0-9 . _ @ + : - beginning with a letter or digit',
  )
  .describe('1 to 128 of A-Z a-z 0-9 . _ @ + : - beginning with a letter or digit.');

export const subjectHash = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'must be 64 of 0-9 a-f')
  .describe('Keyed hash of a subject id, equal for equal subjects of one tenant.');

/** A code of `ERRORS`. Clients accept unknown codes, because a later server may have more. */
export const errorCode = z.union([z.enum(ERROR_CODES), z.string()]);

/** The models that a decision is based on. */
export const modelTier = z
  .enum(['base', 'full'])
  .describe('full when the optional match and PAD models are loaded.');

/** Body of every HTTP error. */
export const errorBody = z.object({
  error: z.object({
    code: errorCode.describe('Stable code, see protocol/SPEC.md section 7.'),
    message: z.string(),
    retry: z.enum(RETRIES),
  }),
});
export type ErrorBody = z.infer<typeof errorBody>;
