import type { LedgerRow } from './ledger.ts';

/** All results of one run. Contains no image, no embedding and no landmark. */
export interface PadReport {
  readonly policy: string;
  /** Number of presentations of each kind. */
  readonly presentations: number;
  readonly seed: number;
  readonly frames: number;
  readonly rows: readonly LedgerRow[];
  /** What was missing or left out. */
  readonly notices: readonly string[];
}
