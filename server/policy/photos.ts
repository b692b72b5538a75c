import type { Fmr } from './false-match-rates.ts';
import { quality, type QualityPolicy } from './quality.ts';

/** A false match rate for comparisons by the strong network (MobileFaceNet), and one for all others. */
export interface FmrByStrength {
  readonly strong: Fmr;
  readonly weak: Fmr;
}

/** What photographs must be like to become a reference. */
export interface PhotoPolicy {
  readonly quality: QualityPolicy;
  /** At the score of this false match rate or above, two photographs of a subject show one face. */
  readonly agreeFmr: Fmr;
  /** At the score of this false match rate or above, a face is another subject's. */
  readonly duplicateFmr: FmrByStrength;
}

/**
 * A photograph must be as good as a probe. The thresholds of scores are those of averages of pictures. Of single ones,
 * imported from LFW's development people (base tier 128 629 pairs of different people and 214 of one, full tier 70 858
 * and 214), these reach them:
 *
 * | threshold of | different people, base | one person, base | different people, full | one person, full |
 * |---|---|---|---|---|
 * | 1e-2 | 9.3e-5 | 94 % | 6.3e-3 | 99.5 % |
 * | 1e-3 | 7.8e-6 | 78 % | 4.5e-4 | 98.6 % |
 * | 1e-4 | none | 51 % | 4.2e-5 | 97 % |
 * | 1e-5 | none | 30 % | none | 92 % |
 *
 * 5 000 people are 12.5 million pairs, and each false duplicate is a person whom an operator has to look at. So a
 * duplicate is what no pair of different people reached; with the base networks alone half of them go unnoticed.
 */
export const photos: PhotoPolicy = {
  quality,
  agreeFmr: 1e-2,
  duplicateFmr: { strong: 1e-5, weak: 1e-4 },
};
