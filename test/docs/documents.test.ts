import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../models/package-root.ts';

/** A reader of the first page wants to know what this is and how to try it; the rest is one link away. */
const LONGEST_README_BYTES = 9_000;
/** Tables, links and commands cannot be wrapped. */
const LONGEST_PROSE_COLUMNS = 120;

const root = packageRoot();
const inRoot = (name: string) => join(root, name);
const isDocument = (name: string) => name.endsWith('.md');
const documents = [
  ...readdirSync(root).filter(isDocument),
  ...readdirSync(inRoot('docs'), { recursive: true, encoding: 'utf8' })
    .filter(isDocument)
    .map((name) => join('docs', name)),
];
const textOf = (name: string) => readFileSync(inRoot(name), 'utf8');

/** Targets of links and pictures inside the repository, as paths from its root. */
function linkedFiles(name: string): string[] {
  return [...textOf(name).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => relative(root, join(root, dirname(name), target)));
}

/** Lines that a writer can wrap: no table, picture, HTML or code, and nothing that a command writes. */
function proseOf(name: string): string[] {
  return textOf(name)
    .replaceAll(/<!-- generated:([\w-]+) -->.*?<!-- \/generated:\1 -->/gs, '')
    .replaceAll(/```.*?```/gs, '')
    .split('\n')
    .filter((line) => !/^\s*[|<!]/.test(line));
}

describe('documents', () => {
  it('begin with a page that is read in two minutes', () => {
    expect(statSync(inRoot('README.md')).size).toBeLessThan(LONGEST_README_BYTES);
  });

  it.each(documents)('%s links to files that are there', (name) => {
    expect(linkedFiles(name).filter((file) => !existsSync(inRoot(file)))).toEqual([]);
  });

  it.each(documents)('%s names npm scripts that are there', (name) => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const named = [...textOf(name).matchAll(/npm run (?:--silent )?([a-z][\w:-]*)/g)].map(
      ([, script = '']) => script,
    );
    expect(named.filter((script) => !(script in scripts))).toEqual([]);
  });

  it.each(
    documents.filter((name) => name.startsWith('docs/') || name === 'README.md'),
  )('%s keeps its lines short enough to read', (name) => {
    expect(proseOf(name).filter((line) => line.length > LONGEST_PROSE_COLUMNS)).toEqual([]);
  });

  it.each(documents)('%s has no row of a table that stands by itself', (name) => {
    const lines = textOf(name).split('\n');
    const isRow = (line = '') => line.startsWith('|');
    const alone = lines.filter(
      (line, at) => isRow(line) && !isRow(lines[at - 1]) && !/^\|[\s:|-]+\|$/.test(lines[at + 1] ?? ''),
    );
    expect(alone).toEqual([]);
  });

  it('are all reached from the first page', () => {
    const reached = new Set(['README.md']);
    for (const name of reached)
      if (isDocument(name) && existsSync(inRoot(name)))
        linkedFiles(name).forEach((file) => reached.add(file));
    expect(documents.filter((name) => !reached.has(name))).toEqual([]);
  });
});
