/**
 * A table in Markdown.
 * @param cells rows of as many cells as there are headings; a bar within a cell is escaped
 */
export function table(headings: readonly string[], cells: readonly (readonly string[])[]): string {
  const line = (row: readonly string[]) =>
    `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(headings), `|${'---|'.repeat(headings.length)}`, ...cells.map(line)].join('\n');
}

/** What a document says of something that can happen: what it means, and what helps. */
export interface Advice {
  readonly means: string;
  readonly todo: string;
}
