import { z } from 'zod';
import { DEPTH_BYTES_PER_PIXEL, DEPTH_PIXELS_CEILING, DEPTH_SIDES } from './depth-image.ts';
import { SIGNATURE_BYTES } from './frame-chain.ts';
import { CAMERA_LABEL_LENGTH } from './status.ts';

/** Most bytes of one image that the schema allows. A server may announce a lower limit in `welcome`. */
export const IMAGE_BYTES_CEILING = 4 * 1024 * 1024;

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'it must be binary (bin)');
const sequence = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

export const hello = z.object({
  type: z.literal('hello'),
  /** Single-use ticket from `POST /v1/sessions`. */
  ticket: z.string().min(16).max(512),
  /** Free text that names the client software, for the audit log. */
  client: z.string().max(128).optional(),
  /**
   * The camera's name as the operating system reports it. It is a plausibility signal that is neither stored nor
   * logged.
   */
  camera: z.object({ label: z.string().max(CAMERA_LABEL_LENGTH) }).optional(),
  /** The client can show colours around the picture when the server asks for them (SPEC R39). */
  flash: z.boolean().optional(),
  /** The client can ask the person for a WebAuthn key, and answers `welcome.possession` (SPEC R48). */
  possession: z.boolean().optional(),
  /** The key that this kiosk signs its frames with (SPEC R52). */
  kiosk: z.object({ key: z.string().min(1).max(64) }).optional(),
});

const signature = bytes.refine((value) => value.byteLength === SIGNATURE_BYTES, 'signature size');

const depthSide = z.int().min(DEPTH_SIDES.min).max(DEPTH_SIDES.max);

/** The depth image that belongs to the image (SPEC R43). */
const depth = z
  .object({ width: depthSide, height: depthSide, data: bytes })
  .refine(
    ({ width, height, data }) =>
      width * height <= DEPTH_PIXELS_CEILING && data.byteLength === DEPTH_BYTES_PER_PIXEL * width * height,
    'depth size',
  );

export const frame = z.object({
  type: z.literal('frame'),
  seq: sequence,
  /** Time of capture on the client's clock. It is only a plausibility signal; deadlines use the server's clock. */
  capturedAtMs: z.number().min(0).max(Number.MAX_SAFE_INTEGER),
  image: bytes.refine(
    (value) => value.byteLength > 0 && value.byteLength <= IMAGE_BYTES_CEILING,
    'image size',
  ),
  depth: depth.optional(),
  /** Number of the colour that was shown when the frame was captured (SPEC R41). */
  shown: z.int().positive().max(1024).optional(),
  /** Ed25519 signature of the chain up to and with this frame (SPEC R53). */
  signature: signature.optional(),
});

export const skip = z.object({ type: z.literal('skip') });

export const BYE_REASONS = ['cancelled', 'source-ended', 'error'] as const;
export const bye = z.object({
  type: z.literal('bye'),
  reason: z.enum(BYE_REASONS),
  /** Ed25519 signature of the chain up to the last frame (SPEC R53). */
  signature: signature.optional(),
});

/** Most bytes of one part of a key's answer. */
export const KEY_ANSWER_BYTES = 4096;
const part = bytes.refine((value) => value.byteLength > 0 && value.byteLength <= KEY_ANSWER_BYTES, 'size');

/** A key's signature of the session's challenge (WebAuthn, AuthenticatorAssertionResponse). */
const assertion = z.object({ id: part, clientData: part, authenticatorData: part, signature: part });

/** A new key (WebAuthn, AuthenticatorAttestationResponse). */
const registration = z.object({ id: part, clientData: part, attestation: part });

/** The answer to `welcome.possession`. Without either part the person or the device declines (SPEC R49). */
export const possession = z
  .object({
    type: z.literal('possession'),
    assertion: assertion.optional(),
    registration: registration.optional(),
  })
  .refine((answer) => answer.assertion === undefined || answer.registration === undefined, 'one of the two');

/** Schemas of all messages of a client, by their `type`. Unknown fields are dropped, unknown types refused. */
export const UPSTREAM = { hello, frame, skip, bye, possession } as const;

export type Hello = z.infer<typeof hello>;
export type Frame = z.infer<typeof frame>;
export type Skip = z.infer<typeof skip>;
export type Bye = z.infer<typeof bye>;
export type PossessionAnswer = z.infer<typeof possession>;
export type Upstream = Hello | Frame | Skip | Bye | PossessionAnswer;
