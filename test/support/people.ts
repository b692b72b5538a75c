import {
  createPuppet,
  preparePortrait,
  SAMPLE_PORTRAITS,
  type Portrait,
  type Puppet,
  type PuppetOptions,
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
  options: Omit<PuppetOptions, 'seed'> = {},
): Promise<Puppet> {
  return createPuppet({ portrait, seed, ...options });
}

/** The subject that is enrolled. */
export const subject = 'ada';
