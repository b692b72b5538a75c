import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** How a document names a test that shows what it says: file and title, as code. */
const NAMED = /`(test\/[\w./-]+\.ts): ([^`]+)`/g;

/** The tests that a document names and that are not there, or have another title. */
export function missingTests(document: string, folder: string): string[] {
  return [...document.matchAll(NAMED)]
    .filter(([, file = '', title = '']) => {
      const path = join(folder, file);
      return !existsSync(path) || !readFileSync(path, 'utf8').includes(title);
    })
    .map(([whole]) => whole);
}

/** How many tests a document names. */
export function countNamedTests(document: string): number {
  return [...document.matchAll(NAMED)].length;
}
