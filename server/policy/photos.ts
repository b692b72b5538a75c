import type { Fmr } from './false-match-rates.ts';
import { quality, type QualityPolicy } from './quality.ts';

/** What photographs must be like to become a reference. */
export interface PhotoPolicy {
  readonly quality: QualityPolicy;
  /** At the score of this false match rate or above, two photographs of a subject show one face. */
  readonly agreeFmr: Fmr;
}

/**
 * A photograph must be as good as a probe. The thresholds of scores are those of averages of pictures: the score of 1e-2
 * there is passed by about 3e-4 of single pictures of different people (LFW development half, base tier), and by nearly
 * all of one person.
 */
export const photos: PhotoPolicy = { quality, agreeFmr: 1e-2 };
