import type { BonaFideRow } from './summary.ts';

/** All that one run found. Holds no image, no embedding and no name of a person. */
export interface BonaFideReport {
  /** Sessions of each subject in each row. */
  readonly sessionsEach: number;
  readonly seed: number;
  readonly frames: number;
  /** How the drawn people were chosen, in words. */
  readonly chosen: string;
  /** What compresses, in words. */
  readonly codecs: string;
  readonly rows: readonly BonaFideRow[];
  /** Subjects of whom nothing could be shown, by why. */
  readonly leftOut: readonly { readonly why: string; readonly subjects: number }[];
  /** Sessions whose recording was over before anything could be decided: they count neither way. */
  readonly endedFirst: number;
  /** What could not be had or was left out. */
  readonly notices: readonly string[];
}
