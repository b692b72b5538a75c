import type { Cue } from '../policy/cues.ts';

/** Why a cue says nothing. Unknown is never zero. */
export type Unmeasured =
  | 'not-started'
  | 'too-few-frames'
  | 'model-absent'
  | 'not-requested'
  | 'frame-rate-too-low'
  | 'no-reference'
  | 'skipped'
  /** No device sent depth with its frames. */
  | 'no-depth'
  /** The client does not show colours, by a person's choice or its device. */
  | 'not-offered'
  /** The surroundings outshine the screen. */
  | 'response-too-weak'
  /** The skin is too bright or too dark in the picture for its colour to be told. */
  | 'badly-exposed'
  /** The skin's colour changed neither with the screen's nor clearly by another sequence. */
  | 'response-unclear'
  /** What is behind the face reflects the screen as much as the face does. */
  | 'background-follows'
  /** A client said that it showed what it could not. */
  | 'implausible-stamps';

/**
 * What a run of frames has shown about one cue.
 * `logLikelihoodRatio` is the natural log of P(seen | bona fide, same person) / P(seen | otherwise).
 */
export type Evidence =
  | {
      readonly measured: true;
      readonly logLikelihoodRatio: number;
      readonly score: number;
      readonly frames: number;
    }
  | { readonly measured: false; readonly why: Unmeasured };

export type EvidenceByCue = Readonly<Record<Cue, Evidence>>;
