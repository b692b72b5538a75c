import { passivePad } from '../../../server/policy/passive-pad.ts';
import { proportion } from '../proportion.ts';
import { bounded, table } from '../text-cells.ts';
import { type Cell, cellName } from './cells.ts';
import type { Scored } from './measure.ts';

/** All recordings of one side in one cell. */
export interface CellResult {
  readonly cell: Cell;
  readonly scored: readonly Scored[];
}

/** A cell's attack recordings against the policy's bars. */
export interface CellFigures {
  readonly recordings: number;
  /** With a pooled score at or above the accept bar. */
  readonly accepted: number;
  /** With a pooled score at or above the reject bar. */
  readonly notRejected: number;
  readonly highest: number;
  /** Mean over recordings: tells cells apart in which no recording reaches a bar. */
  readonly mean: number;
}

/** A recording without a pooled score has nothing that could accept it. */
export function figuresOf({ scored }: CellResult): CellFigures {
  const pooled = scored.map((one) => one.pooled ?? 0);
  return {
    recordings: pooled.length,
    accepted: pooled.filter((score) => score >= passivePad.acceptBar).length,
    notRejected: pooled.filter((score) => score >= passivePad.rejectBar).length,
    highest: Math.max(0, ...pooled),
    mean: pooled.reduce((sum, score) => sum + score, 0) / Math.max(1, pooled.length),
  };
}

/** Worst first: by accepted recordings, then by those not rejected, then by the mean score. */
export function worstFirst(results: readonly CellResult[]): readonly CellResult[] {
  const rank = (result: CellResult) => {
    const { accepted, notRejected, mean } = figuresOf(result);
    return accepted * 1e6 + notRejected * 1e3 + mean;
  };
  return results.toSorted((a, b) => rank(b) - rank(a));
}

const SHOWN_CELLS = 12;

/** The report as Markdown: the attacks' worst cells, then living people in each light. */
export function padGridReport(attacks: readonly CellResult[], living: readonly CellResult[]): string {
  const ordered = worstFirst(attacks);
  const plain = attacks[0];
  const shown = [...(plain === undefined ? [] : [plain]), ...ordered.slice(0, SHOWN_CELLS)];
  const [worst] = ordered;
  return [
    `Pooled score: the median of a recording's frames. Bars: accept ${passivePad.acceptBar}, reject ${passivePad.rejectBar}.`,
    '',
    worst === undefined
      ? 'No recording of an attack was found.'
      : `Worst of ${attacks.length} cells: ${cellName(worst.cell)}.`,
    '',
    table(
      [
        'attacks',
        'recordings',
        'at or above the accept bar',
        'not rejected',
        'highest pooled',
        'mean pooled',
      ],
      shown.map((result) => {
        const { recordings, accepted, notRejected, highest, mean } = figuresOf(result);
        return [
          cellName(result.cell),
          `${recordings}`,
          share(accepted, recordings),
          share(notRejected, recordings),
          highest.toFixed(3),
          mean.toFixed(3),
        ];
      }),
    ),
    '',
    table(
      ['living', 'recordings', 'below the accept bar', 'below the reject bar', 'lowest pooled', 'unjudged'],
      living.map(({ cell, scored }) => {
        const pooled = scored.flatMap((one) => (one.pooled === null ? [] : [one.pooled]));
        const below = (bar: number) => pooled.filter((score) => score < bar).length;
        return [
          cellName(cell),
          `${scored.length}`,
          share(below(passivePad.acceptBar), pooled.length),
          share(below(passivePad.rejectBar), pooled.length),
          pooled.length === 0 ? '–' : Math.min(...pooled).toFixed(3),
          `${scored.length - pooled.length}`,
        ];
      }),
    ),
    '',
    'Living recordings below the accept bar: ' +
      (living
        .flatMap(({ cell, scored }) =>
          scored
            .filter(({ pooled }) => pooled !== null && pooled < passivePad.acceptBar)
            .map(({ name, pooled }) => `${name} (${cellName(cell)}) ${pooled?.toFixed(2)}`),
        )
        .join('; ') || 'none'),
  ].join('\n');
}

function share(count: number, of: number): string {
  return of === 0 ? '–' : `${count}, ${bounded(proportion(count, of))}`;
}
