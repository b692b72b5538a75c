import {
  createFlatPuppet,
  preparePortrait,
  SAMPLE_PORTRAITS,
  type Portrait,
  type FlatPuppet,
  type FlatPuppetOptions,
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

/** A living person with that face, who does what the server asks for. */
export function person(
  portrait: Portrait,
  seed: number,
  options: Omit<FlatPuppetOptions, 'seed'> = {},
): Promise<FlatPuppet> {
  return createFlatPuppet({ portrait, seed, ...options });
}

/** The subject that is enrolled. */
export const subject = 'ada';
