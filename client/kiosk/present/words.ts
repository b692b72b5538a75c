import type { ChallengeKind, Hint, Mode, Outcome, Phase, Slowness, Retry } from '@veriframe/protocol';
import { en as guidance } from '@veriframe/protocol/words';

/** What people read. Present tense, two to five words, never blaming, no scores. */

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

const OUTCOME_WORDS: Readonly<Record<Mode, Readonly<Record<Outcome, string>>>> = {
  enrol: {
    accept: 'Your face is enrolled',
    reject: 'We could not enrol your face',
    're-verify': 'We need another look',
  },
  verify: {
    accept: "It's you",
    reject: "We could not confirm it's you",
    're-verify': 'We need another look',
  },
  identify: {
    accept: 'We know you',
    reject: 'We could not recognise you',
    're-verify': 'We need another look',
  },
};

const RETRY_WORDS: Readonly<Record<Retry, string>> = {
  never: 'Please use another way in.',
  now: 'You can try again now.',
  backoff: 'Please try again in a moment.',
};

/** In place of the outcome's words: nothing that the person did. */
const SLOW_WORDS: Readonly<Record<Slowness, string>> = {
  connection: 'The connection was too slow',
  service: 'The service was too slow',
};

/** `Verify anna`, or the mode alone. */
export function titleWords(mode: Mode, subject: string | null): string {
  return subject === null ? MODE_WORDS[mode] : `${MODE_WORDS[mode]} ${subject}`;
}

/** The one instruction of a status: a hint comes before the challenge, which it helps with. */
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

/** The outcome or, where that is why it is none, what was too `slow`; and what to do next when it is no accept. */
export function outcomeWords(mode: Mode, outcome: Outcome, retry: Retry, slow?: Slowness): string {
  const said = slow === undefined ? OUTCOME_WORDS[mode][outcome] : SLOW_WORDS[slow];
  return outcome === 'accept' ? said : `${said}. ${RETRY_WORDS[retry]}`;
}
