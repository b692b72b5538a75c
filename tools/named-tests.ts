import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Notation by which a document names a test: file and title, as code. */
const NAMED = /`(test\/[\w./-]+\.ts): ([^`]+)`/g;

/** The tests that a document names and that do not exist, or have another title. */
export function missingTests(document: string, folder: string): string[] {
  return [...document.matchAll(NAMED)]
    .filter(([, file = '', title = '']) => {
      const path = join(folder, file);
      return !existsSync(path) || !readFileSync(path, 'utf8').includes(title);
    })
    .map(([whole]) => whole);
}

/** Number of tests that a document names. */
export function countNamedTests(document: string): number {
  return [...document.matchAll(NAMED)].length;
}
