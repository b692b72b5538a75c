/** Phases of a session, in order (SPEC section 4). */
export const PHASES = ['hello', 'positioning', 'challenging', 'matching', 'decided'] as const;
export type Phase = (typeof PHASES)[number];

/** What the person can do now to help the session. The client chooses the words. */
export const HINTS = [
  'no-face',
  'several-faces',
  'move-closer',
  'move-back',
  'centre-face',
  'look-straight',
  'hold-still',
  'too-dark',
  'too-bright',
  'face-covered',
  'turn-camera',
  'no-colour',
  'open-eyes',
  'do-challenge',
  'again-slower',
  'wait',
  'connection-slow',
  'service-slow',
] as const;
export type Hint = (typeof HINTS)[number];

export const CHALLENGE_KINDS = [
  'blink',
  'turn-left',
  'turn-right',
  'look-up',
  'look-down',
  'smile',
  'open-mouth',
  'come-closer',
] as const;
/** Directions are the subject's own: `turn-left` is toward the subject's left shoulder. */
export type ChallengeKind = (typeof CHALLENGE_KINDS)[number];

/** Most characters of the camera's name in `hello` (SPEC R42). */
export const CAMERA_LABEL_LENGTH = 128;

export const MODES = ['enrol', 'verify', 'identify'] as const;
export type Mode = (typeof MODES)[number];

export const OUTCOMES = ['accept', 'reject', 're-verify'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What may be too slow for a decision (SPEC R45, R46). */
export const SLOWNESSES = ['connection', 'service'] as const;
export type Slowness = (typeof SLOWNESSES)[number];

/**
 * Why a session ended undecided, as far as its client may know: what was too slow, or which demanded proof is missing
 * (SPEC R46, R56).
 */
export const DECISION_CAUSES = [...SLOWNESSES, 'capture', 'possession'] as const;
export type DecisionCause = (typeof DECISION_CAUSES)[number];

/**
 * What is known of who controls the camera. `unattested`: nothing, the client may be anybody's. `kiosk-signed`: every
 * analysed frame is covered by a signature of a kiosk's key. `attested`: the relying party's backend vouches for the
 * application.
 */
export const CAPTURES = ['unattested', 'kiosk-signed', 'attested'] as const;
export type Capture = (typeof CAPTURES)[number];

/** What may be demanded of the capture. */
export const CAPTURE_DEMANDS = ['kiosk-signed', 'attested'] as const;
export type CaptureDemand = (typeof CAPTURE_DEMANDS)[number];

/**
 * What may be demanded of the subject's key: that it signs, or that it also has verified its user (PIN, fingerprint).
 */
export const POSSESSION_DEMANDS = ['required', 'user-verified'] as const;
export type PossessionDemand = (typeof POSSESSION_DEMANDS)[number];

/** What a key did in the session: it signed as one that the subject already had, or it was registered. */
export const POSSESSION_PROOFS = ['assertion', 'registration'] as const;
export type PossessionProof = (typeof POSSESSION_PROOFS)[number];

/** Position of the face in fractions of the frame: 0..1 from the left and the top. */
export interface FaceBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface ChallengeStatus {
  readonly kind: ChallengeKind;
  /** 1-based number of this challenge and how many there will be, as far as is known: `of` may grow. */
  readonly number: number;
  readonly of: number;
  /** Milliseconds that were left on the server's clock when the status was made. */
  readonly remainingMs: number;
  readonly skippable: boolean;
}

/** A colour that the client shows around the picture until a status names another one or none. */
export interface FlashStatus {
  /** `#rrggbb`, sRGB. */
  readonly colour: string;
  /** 1-based number of this colour and how many there will be. */
  readonly number: number;
  readonly of: number;
}

/** The part of a session's state that the client may see. It never contains a score, a threshold or a reason. */
export interface PublicStatus {
  readonly phase: Phase;
  readonly face?: FaceBox;
  readonly hint?: Hint;
  /** 0..1; never decreases within a phase. */
  readonly progress: number;
  readonly challenge?: ChallengeStatus;
  /** Only when the client has offered to show colours. */
  readonly flash?: FlashStatus;
}
