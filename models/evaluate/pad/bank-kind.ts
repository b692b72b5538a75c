import { CHALLENGE_KINDS, type ChallengeKind } from '../../../protocol/status.ts';
import type { Reference } from '../../../server/matching/reference.ts';
import { type Bank, BANK_FRAMES_PER_SECOND, bankOf, type BankRecipe, bankSources } from './bank.ts';
import type { FootageSource } from './footage.ts';
import { enrolmentRecipe, headRecipe, PEOPLE, type Person } from './materials.ts';
import { type Answer, BankPresenter, humanAnswer } from './presenters.ts';
import { referenceFrom, type SessionKind, type Stage } from './session-kinds.ts';
import type { Presenter } from './session-player.ts';

export type Random = () => number;

/** Footage of the same face on another occasion, for the person's reference. */
export const enrolmentOf = (person: Person): FootageSource[] => bankSources(enrolmentRecipe(person));

/**
 * The person's reference, made of analysed footage.
 * @throws Error when the footage gives no reference
 */
export function referenceOf(person: Person, { footages }: Stage): Reference {
  const { rest } = bankOf(enrolmentRecipe(person), footages);
  const reference = referenceFrom(rest.frames, person.name);
  if (reference === null) throw new Error(`${person.name} cannot be enrolled.`);
  return reference;
}

type KindHead = Pick<SessionKind, 'id' | 'label' | 'attackClass'> & Partial<Pick<SessionKind, 'role'>>;

/** A kind whose presentations each use one person's bank. */
export function bankKind(
  head: KindHead,
  recipes: readonly { readonly person: Person; readonly recipe: BankRecipe }[],
  present: (bank: Bank, random: Random, stage: Stage) => Presenter,
): SessionKind {
  return {
    role: 'attack',
    origin: 'simulated',
    ...head,
    unasked: false,
    people: new Set(recipes.map(({ person }) => person)).size,
    sources: recipes.flatMap(({ person, recipe }) => [...enrolmentOf(person), ...bankSources(recipe)]),
    prepare: async (stage) => {
      const ready = recipes.map(({ person, recipe }) => ({
        bank: bankOf(recipe, stage.footages),
        references: [referenceOf(person, stage)],
        recording: recipe.id,
      }));
      return (random, index) => {
        const { bank, references, recording } = ready[index % ready.length];
        const presenter = present(bank, random, stage);
        return { presenter, references, framesPerSecond: BANK_FRAMES_PER_SECOND, recording };
      };
    },
  };
}

/** All people, simulated. */
export const heads = PEOPLE.map((person) => ({ person, recipe: headRecipe(person) }));
/** Answers every challenge as it asks, like a person. */
export const answering = (bank: Bank, random: Random) =>
  new BankPresenter({ bank, random, answer: humanAnswer(random), smooth: true });

/** Answers a challenge with the action that `answerOf` returns for it. */
export const answeringBy =
  (answerOf: (random: Random, stage: Stage) => Answer) => (bank: Bank, random: Random, stage: Stage) =>
    new BankPresenter({ bank, random, answer: answerOf(random, stage), smooth: true });

/** All kinds of challenge that the policy may draw, except `kind`. */
export const others = (kind: ChallengeKind, { policy }: Stage) =>
  (policy.challenges?.pool ?? CHALLENGE_KINDS).filter((other) => other !== kind);

export const oneOf = <Item>(items: readonly Item[], random: Random): Item | undefined =>
  items[Math.floor(random() * items.length)];
