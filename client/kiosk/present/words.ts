import type { ChallengeKind, DecisionCause, Hint, Mode, Outcome, Phase, Retry } from '@veriframe/protocol';
import { en as guidance } from '@veriframe/protocol/words';

/** Texts that people read: present tense, two to five words, without blame or scores. */

export const PHASE_WORDS: Readonly<Record<Phase, string>> = {
  hello: 'Connecting',
  positioning: 'Look at the camera',
  challenging: 'Follow the instructions',
  matching: 'Almost done',
  decided: 'Done',
};

const MODE_WORDS: Readonly<Record<Mode, string>> = {
  enrol: 'Enrol',
  verify: 'Verify',
  identify: 'Identify',
};

const ANOTHER_LOOK = 'We need another look';
const OUTCOME_WORDS: Readonly<Record<Mode, Readonly<Record<Outcome, string>>>> = {
  enrol: {
    accept: 'Your face is enrolled',
    reject: 'We could not enrol your face',
    're-verify': ANOTHER_LOOK,
  },
  verify: {
    accept: "It's you",
    reject: "We could not confirm it's you",
    're-verify': ANOTHER_LOOK,
  },
  identify: {
    accept: 'We know you',
    reject: 'We could not recognise you',
    're-verify': ANOTHER_LOOK,
  },
};

const RETRY_WORDS: Readonly<Record<Retry, string>> = {
  never: 'Please use another way in.',
  now: 'You can try again now.',
  backoff: 'Please try again in a moment.',
};

/** In place of the advice to try again: the service knows the pictures of a file that it has seen. */
const FILE_WORDS = 'A file that was shown before is refused each time: show a new one, or use a camera.';

/** Replaces the words of the outcome when the cause was not the person's face. */
const CAUSE_WORDS: Readonly<Record<DecisionCause, string>> = {
  connection: 'The connection was too slow',
  service: 'The service was too slow',
  capture: 'This camera is not enrolled',
  possession: 'The key of your device is missing',
};

/** For example `Verify anna`; the mode alone without a subject. */
export function titleWords(mode: Mode, subject: string | null): string {
  return subject === null ? MODE_WORDS[mode] : `${MODE_WORDS[mode]} ${subject}`;
}

/**
 * The instruction of a status. A hint comes before the challenge, because following it makes the challenge possible.
 */
export function instructionWords(status: {
  readonly phase: Phase;
  readonly hint?: Hint | undefined;
  readonly challenge?: { readonly kind: ChallengeKind } | undefined;
}): string {
  const { phase, hint, challenge } = status;
  if (challenge !== undefined && (hint === undefined || hint === 'do-challenge'))
    return guidance.challenge[challenge.kind];
  return hint === undefined ? PHASE_WORDS[phase] : guidance.hint[hint];
}

/**
 * The outcome, or the `cause` that prevented a decision. Any outcome but an accept is followed by what to do next.
 * `fromFile`: the pictures came from a file or a folder.
 */
export function outcomeWords(
  mode: Mode,
  outcome: Outcome,
  retry: Retry,
  cause?: DecisionCause,
  fromFile = false,
): string {
  const said = cause === undefined ? OUTCOME_WORDS[mode][outcome] : CAUSE_WORDS[cause];
  if (outcome === 'accept') return said;
  return `${said}. ${fromFile && outcome === 'reject' && retry !== 'never' ? FILE_WORDS : RETRY_WORDS[retry]}`;
}
