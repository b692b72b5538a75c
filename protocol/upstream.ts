import { z } from 'zod';

/** Most bytes of one image that the schema lets through; a server may announce less in `welcome`. */
export const IMAGE_BYTES_CEILING = 4 * 1024 * 1024;

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'must be binary');
const sequence = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

export const hello = z.object({
  type: z.literal('hello'),
  /** Single-use ticket from `POST /v1/sessions`. */
  ticket: z.string().min(16).max(512),
  /** Free text naming the client software, for the audit. */
  client: z.string().max(128).optional(),
  /** The client shows colours around the picture when told to (SPEC R39). */
  flash: z.boolean().optional(),
});

export const frame = z.object({
  type: z.literal('frame'),
  seq: sequence,
  /** The client's clock. Used only as a plausibility signal; deadlines run on server time. */
  capturedAtMs: z.number().min(0).max(Number.MAX_SAFE_INTEGER),
  image: bytes.refine(
    (value) => value.byteLength > 0 && value.byteLength <= IMAGE_BYTES_CEILING,
    'image size',
  ),
  /** Number of the colour that was shown when the frame was captured (SPEC R41). */
  shown: z.int().positive().max(1024).optional(),
});

export const skip = z.object({ type: z.literal('skip') });

export const BYE_REASONS = ['cancelled', 'source-ended', 'error'] as const;
export const bye = z.object({ type: z.literal('bye'), reason: z.enum(BYE_REASONS) });

/** Everything a client may say, by its `type`. Unknown fields are dropped, unknown types refused. */
export const UPSTREAM = { hello, frame, skip, bye } as const;

export type Hello = z.infer<typeof hello>;
export type Frame = z.infer<typeof frame>;
export type Skip = z.infer<typeof skip>;
export type Bye = z.infer<typeof bye>;
export type Upstream = Hello | Frame | Skip | Bye;
