import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LIMIT_GROUPS, limitsDocument } from '../../tools/limits.ts';
import { countNamedTests, missingTests } from '../../tools/named-tests.ts';
import { packageRoot } from '../../models/package-root.ts';
import { OPTIONS } from '../../server/config.ts';

const root = packageRoot();
const read = (path: string) => readFileSync(join(root, path), 'utf8');

describe('the table of limits', () => {
  it('is what `npm run docs` writes', () => {
    expect(read('docs/limits.md')).toBe(limitsDocument());
  });

  it('names tests that exist', () => {
    const document = limitsDocument();
    expect(missingTests(document, root)).toEqual([]);
    expect(countNamedTests(document)).toBe(LIMIT_GROUPS.flatMap(({ limits }) => limits).length);
  });

  it('contains every setting that is a limit', () => {
    const named = new Set(LIMIT_GROUPS.flatMap(({ limits }) => limits).map(({ setting }) => setting));
    const limits = Object.keys(OPTIONS).filter((name) =>
      /^max|Timeout|Lifetime|lockOutFailures|replayMemory/.test(name),
    );
    expect(limits.filter((name) => ![...named].some((one) => one === name))).toEqual([]);
  });
});

describe('the threat model', () => {
  it('names tests that exist, at least one for every attack', () => {
    const document = read('docs/security.md');
    expect(missingTests(document, root)).toEqual([]);
    const attacks = document
      .split('\n')
      .filter((line) => line.startsWith('| ') && !/^\| (attack|what) \|/.test(line));
    const [, ...sections] = document.split('\n## ');
    const threats = sections.filter((section) => section.startsWith('Attacks')).join('');
    const rows = attacks.filter((line) => threats.includes(line));
    expect(rows.length).toBeGreaterThan(25);
    expect(rows.filter((row) => countNamedTests(row) === 0)).toEqual([]);
  });

  it('a test that does not exist is found', () => {
    expect(
      missingTests('`test/tools/limits.test.ts: a title of no test at all, '.concat('ever`'), root),
    ).toHaveLength(1);
    expect(missingTests('`test/tools/nowhere.test.ts: is`', root)).toHaveLength(1);
  });
});
