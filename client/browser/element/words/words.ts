import type { ChallengeKind, DecisionCause, Hint, Mode, Phase, Slowness } from '@veriframe/protocol';

interface ScreenWords {
  readonly title: string;
  readonly text: string;
}

/** Every text that the element shows or speaks. A page may replace any of them. */
export interface Words {
  /** Reading direction of the language. */
  readonly direction: 'ltr' | 'rtl';
  /** Name of the element for screen readers. */
  readonly label: string;
  readonly start: Readonly<Record<Mode, string>> & {
    readonly what: string;
    readonly howLong: string;
    readonly retention: string;
    readonly button: string;
    readonly camera: string;
    /** Announces changing colours, on the start screen of a session that shows them. */
    readonly colours: string;
    readonly withoutColours: string;
    /** Announces the browser's prompt for a key, on the start screen of a session that may ask for one. */
    readonly key: string;
  };
  readonly permission: ScreenWords;
  readonly connecting: string;
  /** Shown while the browser asks the person for a key. */
  readonly confirmOnDevice: string;
  readonly phase: Readonly<Record<Phase, string>>;
  readonly hint: Readonly<Record<Hint, string>>;
  readonly challenge: Readonly<Record<ChallengeKind, string>>;
  /** Spoken with a challenge. `{number}` and `{of}` are replaced by numbers. */
  readonly challengeOf: string;
  readonly passed: Readonly<Record<Mode, ScreenWords>>;
  readonly failed: Readonly<Record<'reject' | 're-verify', ScreenWords>>;
  /** Replaces the words of a failure when the cause was not the person. */
  readonly slow: Readonly<Record<Slowness, ScreenWords>>;
  /** Replaces the words of a failure when something beside the face was demanded and is missing. */
  readonly missing: Readonly<Record<Exclude<DecisionCause, Slowness>, ScreenWords>>;
  /** Replaces the text of a failure when a new attempt cannot help. */
  readonly otherWay: string;
  readonly enrolFailed: ScreenWords;
  /**
   * An enrolment that is refused for good. The text gives no reason, because a reason could tell who else has an
   * account here.
   */
  readonly enrolRefused: ScreenWords;
  readonly denied: ScreenWords;
  readonly offline: ScreenWords;
  readonly error: Readonly<Record<'camera' | 'busy' | 'other' | 'final', ScreenWords>>;
  readonly retry: string;
  readonly skip: string;
  readonly cancel: string;
}

/** Words that a page replaces: any part of `Words`, at any depth. */
export type WordOverrides = Overrides<Words>;
type Overrides<Part> = {
  readonly [Key in keyof Part]?: Part[Key] extends string ? Part[Key] : Overrides<Part[Key]>;
};

/** `words`, with each part that `overrides` contains replaced. */
export function replaceWords(words: Words, overrides: WordOverrides): Words {
  return merge(words, overrides) as Words;
}

function merge(base: object, overrides: object): object {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(overrides)) {
    const present = merged[key];
    const isGroup =
      typeof present === 'object' && present !== null && typeof value === 'object' && value !== null;
    if (isGroup) merged[key] = merge(present, value as object);
    else if (value !== undefined) merged[key] = value;
  }
  return merged;
}
