import type { ChallengeKind } from '../../../../protocol/status.ts';
import { BANK_FRAMES_PER_SECOND, bankOf, bankSources, type BankRecipe } from '../bank.ts';
import type { FootageSource } from '../footage.ts';
import { BankPresenter, humanAnswer } from '../presenters.ts';
import { referenceFrom } from '../session-kinds.ts';
import { compressed, type Codec } from './compressed.ts';
import { DRAWN_LOOK_EVERY, drawnEnrolmentRecipe, drawnRecipe } from './drawn.ts';
import type { DrawnPerson } from './portraits.ts';
import type { Condition, Showing, Subject } from './subject.ts';
import { MANNERS, wandering, type Manner } from './wandering.ts';

const SLOW_FRAMES_PER_SECOND = 12;

/**
 * A drawn person who answers as people do all that may be asked. `codec` is the one that its compressed showings go
 * through; null: none.
 */
export function drawnSubject(
  person: DrawnPerson,
  codec: Codec | null,
  actions: readonly ChallengeKind[],
): Subject {
  const recipe: BankRecipe = { ...drawnRecipe(person), actions };
  const enrolment = drawnEnrolmentRecipe(person);
  const coded = codec === null ? null : codedRecipe(recipe, codec);
  const sources = [...bankSources(recipe), ...bankSources(enrolment), ...(coded?.sources ?? [])];
  return {
    person: person.name,
    name: person.name,
    sources: sources.map((source) => ({ ...source, lookEvery: DRAWN_LOOK_EVERY })),
    showings(footages) {
      const reference = referenceFrom(bankOf(enrolment, footages).rest.frames, person.name);
      if (reference === null) return { unusable: 'it cannot be enrolled' };
      const showing = (
        condition: Condition,
        manner: Manner,
        of: BankRecipe,
        framesPerSecond: number,
      ): Showing => {
        const bank = bankOf(of, footages);
        return {
          condition,
          framesPerSecond,
          references: [reference],
          policyFor: (policy) => policy,
          present: (random, policy) => {
            const answering = new BankPresenter({ bank, random, answer: humanAnswer(random), smooth: true });
            return {
              presenter: wandering(answering, manner, random),
              policy,
              cameAgain: () => answering.reusedTake,
            };
          },
        };
      };
      return (Object.keys(MANNERS) as Manner[]).flatMap((manner) => [
        showing(manner, manner, recipe, BANK_FRAMES_PER_SECOND),
        showing(`${manner}, 12 fps`, manner, recipe, SLOW_FRAMES_PER_SECOND),
        ...(coded === null
          ? []
          : [showing(`${manner}, compressed`, manner, coded.recipe, BANK_FRAMES_PER_SECOND)]),
      ]);
    },
  };
}

/** The same bank after a codec. */
function codedRecipe(recipe: BankRecipe, codec: Codec): { recipe: BankRecipe; sources: FootageSource[] } {
  const changed = { ...recipe, id: `${recipe.id} through ${codec}` };
  const originals = bankSources(recipe);
  const sources = bankSources(changed).map(({ id }, index) => ({
    ...compressed(originals[index], codec),
    id,
  }));
  return { recipe: changed, sources };
}
