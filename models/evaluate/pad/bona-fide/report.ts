import type { BonaFideRow } from './summary.ts';

/** All results of one run. Contains no image, no embedding and no name of a person. */
export interface BonaFideReport {
  /** Number of sessions of each subject in each row. */
  readonly sessionsEach: number;
  readonly seed: number;
  readonly frames: number;
  /** The rule that chose the drawn people, in words. */
  readonly chosen: string;
  /** The codecs, in words. */
  readonly codecs: string;
  readonly rows: readonly BonaFideRow[];
  /** Number of subjects that could not be shown, by reason. */
  readonly leftOut: readonly { readonly why: string; readonly subjects: number }[];
  /** Sessions whose recording ended before they could decide. They count neither as accepted nor as refused. */
  readonly endedFirst: number;
  /** What was missing or left out. */
  readonly notices: readonly string[];
}
