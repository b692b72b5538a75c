import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ALL_DOCUMENTS, inRoot, PAGES, textOf } from './support/documents.ts';

/** A reader of the first page wants to know what this is and how to try it; the rest is one link away. */
const LONGEST_README_BYTES = 9_000;
/** Tables, links and commands cannot be wrapped. */
const LONGEST_PROSE_COLUMNS = 120;

/** Targets of links and pictures inside the repository, as paths from its root. */
function linkedFiles(name: string): string[] {
  return [...textOf(name).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => join(dirname(name), target));
}

/** Lines that a writer can wrap: no table, picture, HTML or code, and nothing that a command writes. */
function proseOf(name: string): string[] {
  return textOf(name)
    .replaceAll(/<!-- generated:([\w-]+) -->.*?<!-- \/generated:\1 -->/gs, '')
    .replaceAll(/```.*?```/gs, '')
    .split('\n')
    .filter((line) => !/^\s*[|<!]/.test(line));
}

/** Anchors of a document's headings, as code hosts make them. */
function anchorsOf(name: string): string[] {
  return [...textOf(name).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('documents', () => {
  it('begin with a page that is read in two minutes', () => {
    expect(statSync(inRoot('README.md')).size).toBeLessThan(LONGEST_README_BYTES);
  });

  it.each(ALL_DOCUMENTS)('%s links to files that are there', (name) => {
    expect(linkedFiles(name).filter((file) => !existsSync(inRoot(file)))).toEqual([]);
  });

  it.each(ALL_DOCUMENTS)('%s names npm scripts that are there', (name) => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const named = [...textOf(name).matchAll(/npm run (?:--silent )?([a-z][\w:-]*)/g)].map(
      ([, script = '']) => script,
    );
    expect(named.filter((script) => !(script in scripts))).toEqual([]);
  });

  it.each(PAGES)('%s keeps its lines short enough to read', (name) => {
    expect(proseOf(name).filter((line) => line.length > LONGEST_PROSE_COLUMNS)).toEqual([]);
  });

  it.each(ALL_DOCUMENTS)('%s has no row of a table that stands by itself', (name) => {
    const lines = textOf(name)
      .replaceAll(/^```.*?^```$/gms, '')
      .split('\n');
    const isRow = (line = '') => line.startsWith('|');
    const alone = lines.filter(
      (line, at) => isRow(line) && !isRow(lines[at - 1]) && !/^\|[\s:|-]+\|$/.test(lines[at + 1] ?? ''),
    );
    expect(alone).toEqual([]);
  });

  it.each(PAGES)('%s links to headings that are there', (name) => {
    const links = [...textOf(name).matchAll(/\]\(([^)#\s]*)#([^)\s]+)\)/g)].filter(
      ([, target = '']) => !/^[a-z]+:/.test(target),
    );
    const missing = links.filter(([, target = '', anchor = '']) => {
      const file = target === '' ? name : join(dirname(name), target);
      return !anchorsOf(file).includes(anchor);
    });
    expect(missing.map(([link]) => link)).toEqual([]);
  });

  it.each(PAGES)('%s names tests that are there', (name) => {
    const named = [...textOf(name).matchAll(/`(test\/[\w./-]+\.ts)[`:]/g)].map(([, path = '']) => path);
    expect(named.filter((path) => !existsSync(inRoot(path)))).toEqual([]);
  });

  it('are all reached from the first page', () => {
    const reached = new Set(['README.md']);
    for (const name of reached)
      if (name.endsWith('.md') && existsSync(inRoot(name)))
        linkedFiles(name).forEach((file) => reached.add(file));
    expect(ALL_DOCUMENTS.length).toBeGreaterThan(PAGES.length);
    expect(ALL_DOCUMENTS.filter((name) => !reached.has(name))).toEqual([]);
  });
});

describe('the page of the architecture', () => {
  const page = textOf('docs/architecture.md');
  const foldersOf = (parent: string) =>
    readdirSync(inRoot(parent), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(parent, name, '/'));
  /** Folders that the page names and that are not there yet. */

  it('says what is in every folder of the server and of the clients', () => {
    const folders = ['server', 'client'].flatMap(foldersOf);
    expect(folders.length).toBeGreaterThan(15);
    expect(folders.filter((folder) => !page.includes(`\`${folder}\``))).toEqual([]);
  });

  it('names folders that are there', () => {
    const named = new Set(
      [
        ...page.matchAll(
          /`((?:server|client|protocol|models|simulator|bench|tools|test|examples|docs)\/[\w/.-]*)`/g,
        ),
      ].map(([, path = '']) => path),
    );
    expect(named.size).toBeGreaterThan(30);
    expect([...named].filter((path) => !existsSync(inRoot(path)))).toEqual([]);
  });

  it('answers ten questions', () => {
    const section = page.split('\n## ').find((part) => part.startsWith('Ten questions')) ?? '';
    expect(section.split('\n').filter((line) => /^\| [A-Z][^|]*\? \|/.test(line))).toHaveLength(10);
  });
});
