import type { ChallengeKind } from '../../../protocol/status.ts';
import { answering, answeringBy, bankKind, heads, oneOf, others } from './bank-kind.ts';
import { noiselessRecipe, PEOPLE } from './materials.ts';
import { BankPresenter, freshly, humanAnswer, recordingOf } from './presenters.ts';
import type { SessionKind } from './session-kinds.ts';
import * as streams from './stream-attacks.ts';

const CLIP_EVERY_MS = 2_300;

const noiseless = PEOPLE.slice(0, 1).map((person) => ({ person, recipe: noiselessRecipe(person) }));

/** Injected streams of a modified client that answer no challenge, or answer at random. */
export const INJECTION_KINDS: readonly SessionKind[] = [
  bankKind(
    { id: 'frozen', label: 'live, then one frozen frame', attackClass: 'cheap injection' },
    heads,
    (bank, random) => {
      const live = answering(bank, random);
      return streams.frozenFrom(live, 800 + 5_000 * random(), false);
    },
  ),
  bankKind(
    { id: 'frozen-noise', label: 'one frame with new noise each time', attackClass: 'cheap injection' },
    heads,
    (bank, random) => freshly(streams.frozenFrom(answering(bank, random), 0, true)),
  ),
  bankKind(
    { id: 'looped', label: 'two seconds in a loop', attackClass: 'cheap injection' },
    heads,
    ({ rest }, random) => streams.looped(recordingOf(rest), random, 2_000),
  ),
  bankKind(
    {
      id: 'looped-noise',
      label: 'two seconds in a loop, new noise each time',
      attackClass: 'cheap injection',
    },
    heads,
    ({ rest }, random) => freshly(streams.looped(recordingOf(rest), random, 2_000)),
  ),
  bankKind(
    {
      id: 'noiseless',
      label: 'rendered answers without a camera’s noise',
      attackClass: 'rendered injection',
    },
    noiseless,
    (bank, random) =>
      new BankPresenter({ bank, random, answer: humanAnswer(random), smooth: true, noise: false }),
  ),
  bankKind(
    { id: 'own-order', label: 'hand-written client, clips in its own order', attackClass: 'cheap injection' },
    heads,
    (bank, random) => streams.ownOrder(bank, random, CLIP_EVERY_MS),
  ),
  bankKind(
    {
      id: 'guessing',
      label: 'hand-written client, a clip of its choice at each prompt',
      attackClass: 'cheap injection',
    },
    heads,
    answeringBy((random, { policy }) => (kind, shown) => {
      const guess = oneOf(policy.challenges?.pool ?? [kind], random) ?? kind;
      return humanAnswer(random)(guess, shown);
    }),
  ),
];

/** Answers of a living face that do not comply with the challenge. */
export const ANSWER_KINDS: readonly SessionKind[] = [
  bankKind(
    { id: 'late', label: 'right answers after the deadline', attackClass: 'cheap injection' },
    heads,
    answeringBy((random, { policy }) => (kind) => ({
      kind,
      delayMs: (policy.challenges?.responseMs ?? 0) + 50 + 1_500 * random(),
    })),
  ),
  bankKind(
    { id: 'wrong', label: 'another answer than was asked for', attackClass: 'cheap injection' },
    heads,
    answeringBy((random, stage) => (kind, shown) => {
      const other = oneOf(others(kind, stage), random);
      return other === undefined ? null : humanAnswer(random)(other, shown);
    }),
  ),
  bankKind(
    { id: 'wrong-order', label: 'the right answers in the wrong order', attackClass: 'cheap injection' },
    heads,
    answeringBy((random, stage) => {
      // The answer to the preceding challenge; for the first challenge, any other answer.
      let before: ChallengeKind | null = null;
      return (kind, shown) => {
        const answer = before !== null && before !== kind ? before : oneOf(others(kind, stage), random);
        before = kind;
        return answer === undefined ? null : humanAnswer(random)(answer, shown);
      };
    }),
  ),
  bankKind(
    { id: 'too-early', label: 'right answers before anybody could react', attackClass: 'cheap injection' },
    heads,
    answeringBy((random) => (kind) => ({ kind, delayMs: 100 * random() })),
  ),
];
