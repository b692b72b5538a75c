import type { Bounded } from './proportion.ts';

/** A rate, 0..1, in percent. Smaller rates have more decimals: `12.3 %`, `1.23 %`, `0.123 %`. */
export function percent(value: number): string {
  const percentage = 100 * value;
  const digits = percentage >= 10 ? 1 : percentage >= 1 ? 2 : 3;
  return `${percentage.toFixed(digits)} %`;
}

/** A rate with its bounds: `1.23 % (0.900–1.60)`. */
export function bounded({ value, low, high }: Bounded): string {
  const bare = (bound: number) => percent(bound).replace(' %', '');
  return `${percent(value)} (${bare(low)}–${bare(high)})`;
}

/** A difference of rates with its bounds: `−0.300 % (−0.900 to +0.200)`. */
export function boundedChange({ value, low, high }: Bounded): string {
  const signed = (number: number) =>
    `${number > 0 ? '+' : number < 0 ? '−' : '±'}${percent(Math.abs(number))}`;
  const bare = (bound: number) => signed(bound).replace(' %', '');
  return `${signed(value)} (${bare(low)} to ${bare(high)})`;
}

/** A count with thin spaces between groups of digits: `3 861 271`. */
export const count = (value: number): string => value.toLocaleString('en-US').replaceAll(',', ' ');

/** A false match rate: `1e−4`. */
export const power = (fmr: number): string => fmr.toExponential().replace('e-', 'e−');

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A duration in seconds: `1.2 s`. */
export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** Rows of equal length as lines with aligned columns, for a terminal. The first row is the head. */
export function alignedColumns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column])).join('  ');
  return rows.map((row) => line(row).trimEnd()).join('\n');
}

/** Text of a cell without a measurement, or with too few data. */
export const NOTHING = '–';
