import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { packageRoot } from '../../../models/package-root.ts';

const ROOT = packageRoot();
/** What commands and programs write, and what npm installs. */
const NOT_OURS = new Set(['node_modules', 'dist', 'data', 'reports', 'coverage', '.git', '.cache']);

function markdownUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : markdownUnder(path);
    return entry.name.endsWith('.md') ? [relative(ROOT, path)] : [];
  });
}

/** Every document of the repository, by its path from the root. */
export const ALL_DOCUMENTS: readonly string[] = markdownUnder(ROOT).toSorted();

/** The pages at the root and in `docs/`, but for the reports that `npm run api` writes. */
export const PAGES: readonly string[] = ALL_DOCUMENTS.filter(
  (name) => !name.includes('/') || (name.startsWith('docs/') && !name.startsWith('docs/api/')),
);

export const inRoot = (name: string) => join(ROOT, name);
export const textOf = (name: string) => readFileSync(inRoot(name), 'utf8');

export interface FencedBlock {
  readonly document: string;
  /** The word after the fence; empty: none. */
  readonly language: string;
  readonly content: string;
}

/** The fenced blocks of a document, in order. */
export function fencedBlocks(document: string): FencedBlock[] {
  return [...textOf(document).matchAll(/^```([^\n]*)\n(.*?)^```$/gms)].map(
    ([, language = '', content = '']) => ({ document, language: language.trim(), content }),
  );
}
