import { ACTIONS } from '../../../../simulator/index.ts';
import { personPerformer } from '../../../../simulator/person/person-performer.ts';
import { hash32 } from '../../../../simulator/seeded.ts';
import type { BankRecipe } from '../bank.ts';
import type { DrawnPerson } from './portraits.ts';

/** Of drawn footage: sessions look closely every fifth of a second. */
export const DRAWN_LOOK_EVERY = 5;

const TAKES = 2;
const REST_MS = 6_000;
const ENROLMENT_MS = 1_200;

/** What a person is seen to do. */
export function drawnRecipe({ name, photograph, portrait, seed }: DrawnPerson): BankRecipe {
  return {
    id: `calm person ${name} ${photograph}`,
    seed,
    actions: ACTIONS,
    takes: TAKES,
    restMs: REST_MS,
    blinksAtRest: true,
    performer: async () => personPerformer(portrait, seed),
  };
}

/** The same person on another occasion: for the reference. */
export function drawnEnrolmentRecipe(person: DrawnPerson): BankRecipe {
  const seed = hash32(person.seed, 9);
  return {
    ...drawnRecipe(person),
    seed,
    actions: [],
    restMs: ENROLMENT_MS,
    performer: async () => personPerformer(person.portrait, seed),
  };
}
