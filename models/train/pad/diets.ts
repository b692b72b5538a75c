import type { Diet } from './judge.ts';
import type { PadSample } from './samples.ts';

export const EVERYTHING = 'everything';
/** Then follows the species that is left out. */
export const WITHOUT = 'without recorded ';

/** All samples; then, for each recorded species, without it; then without any recorded attack. */
export function diets(samples: readonly PadSample[]): Diet[] {
  const isRecordedAttack = ({ presentation, simulated }: PadSample) => presentation !== 'live' && !simulated;
  const species = [...new Set(samples.filter(isRecordedAttack).map(({ presentation }) => presentation))];
  return [
    { name: EVERYTHING, may: () => true },
    ...species.toSorted().map((left) => ({
      name: `${WITHOUT}${left}`,
      may: (sample: PadSample) => !(isRecordedAttack(sample) && sample.presentation === left),
    })),
    { name: 'recaptures simulated only', may: (sample: PadSample) => !isRecordedAttack(sample) },
    { name: 'nothing simulated', may: ({ simulated }: PadSample) => !simulated },
  ];
}
