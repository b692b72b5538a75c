import type { LedgerRow } from './ledger.ts';

/** All that one run found. Holds no image, no embedding and no landmark. */
export interface PadReport {
  readonly policy: string;
  /** Of each kind. */
  readonly presentations: number;
  readonly seed: number;
  readonly frames: number;
  readonly rows: readonly LedgerRow[];
  /** What could not be had or was left out. */
  readonly notices: readonly string[];
}
