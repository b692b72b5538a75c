import { readFile } from 'node:fs/promises';
import { writeAtomically } from '../file-stamp.ts';
import { EvaluateError } from './evaluate-error.ts';

/**
 * Replaces the text between `<!-- generated:NAME -->` and `<!-- /generated:NAME -->` in Markdown; the markers stay.
 * @throws EvaluateError unless the pair of markers occurs exactly once
 */
export function replaceGenerated(markdown: string, name: string, content: string): string {
  const [open, close] = [`<!-- generated:${name} -->`, `<!-- /generated:${name} -->`];
  const start = markdown.indexOf(open);
  const end = markdown.indexOf(close);
  const isOnce = markdown.lastIndexOf(open) === start && markdown.lastIndexOf(close) === end;
  if (start === -1 || end < start || !isOnce) {
    throw new EvaluateError(`There must be one "${open}", and one "${close}" after it.`);
  }
  return `${markdown.slice(0, start + open.length)}\n${content.trim()}\n${markdown.slice(end)}`;
}

/** Applies `replaceGenerated` to a file. Returns whether the file changed. */
export async function updateGenerated(file: string, name: string, content: string): Promise<boolean> {
  const before = await readFile(file, 'utf8');
  const after = replaceGenerated(before, name, content);
  if (after === before) return false;
  await writeAtomically(file, after);
  return true;
}
