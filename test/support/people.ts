import {
  createPerson,
  preparePortrait,
  SAMPLE_PORTRAITS,
  type Person,
  type PersonOptions,
  type Portrait,
} from '../../simulator/index.ts';

/** Two people who look nothing like each other, prepared once for all tests of a file. */
export interface People {
  readonly ada: Portrait;
  readonly grace: Portrait;
}

export async function preparePeople(): Promise<People> {
  return {
    ada: await preparePortrait(SAMPLE_PORTRAITS.first),
    grace: await preparePortrait(SAMPLE_PORTRAITS.third),
  };
}

/** Stands in for a living person with that face, and does what the server asks for: a head rendered in three dimensions. */
export function person(
  portrait: Portrait,
  seed: number,
  options: Omit<PersonOptions, 'seed'> = {},
): Promise<Person> {
  return createPerson({ portrait, seed, ...options });
}

/** The subject that is enrolled. */
export const subject = 'ada';
