import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

interface Counts {
  readonly passed: number;
  readonly failed: readonly string[];
  readonly skipped: number;
}
interface Ci {
  readonly countsOf: (report: unknown) => Counts;
  readonly verdict: (
    parts: readonly { readonly title: string; readonly exit: number; readonly counts: Counts | null }[],
  ) => { readonly lines: readonly string[]; readonly isGreen: boolean };
}
const { countsOf, verdict }: Ci = await import(new URL('../../tools/ci.mjs', import.meta.url).href);

const { ADDED, QUICK }: Record<'ADDED' | 'QUICK', readonly string[]> = await import(
  new URL('../../tools/projects.mjs', import.meta.url).href
);

const file = (name: string, status: string, ...tests: readonly string[]) => ({
  name: `/anywhere/test/${name}`,
  status,
  assertionResults: tests.map((test, index) => ({ status: test, fullName: `test ${index}` })),
});

const GREEN = { passed: 2, failed: [], skipped: 1 };

describe('what CI counts', () => {
  it('is every test by its result, and a file that failed before its tests', () => {
    const testResults = [
      file('a.test.ts', 'passed', 'passed', 'passed', 'skipped', 'todo'),
      file('b.test.ts', 'failed', 'failed', 'passed'),
      file('c.test.ts', 'failed', 'skipped', 'pending'),
    ];
    expect(countsOf({ testResults })).toEqual({
      passed: 3,
      failed: ['test/b.test.ts: test 0', 'test/c.test.ts: the file itself'],
      skipped: 4,
    });
  });

  it('is summed up in the last line', () => {
    const parts = [
      { title: 'one', exit: 0, counts: GREEN },
      { title: 'two', exit: 0, counts: GREEN },
    ];
    expect(verdict(parts)).toEqual({ lines: ['4 passed, 0 failed, 2 skipped'], isGreen: true });
  });

  it.each([
    ['a test failed', { exit: 1, counts: { ...GREEN, failed: ['a'] } }, '4 passed, 1 failed, 2 skipped'],
    ['no test failed, but the command did', { exit: 1, counts: GREEN }, '4 passed, 0 failed, 2 skipped'],
    ['there is no report', { exit: 0, counts: null }, null],
    ['nothing ran', { exit: 0, counts: { passed: 0, failed: [], skipped: 3 } }, null],
  ])('is not green when %s', (_, second, last) => {
    const parts = [
      { title: 'one', exit: 0, counts: GREEN },
      { title: 'two', ...second },
    ];
    const { lines, isGreen } = verdict(parts);
    expect(isGreen).toBe(false);
    expect(lines.some((line) => line.startsWith('two: '))).toBe(true);
    const counted = lines.filter((line) => /^\d+ passed, \d+ failed, \d+ skipped$/.test(line));
    expect(counted).toEqual(last === null ? [] : [last]);
    if (last !== null) expect(lines.at(-1)).toBe(last);
  });
});

describe('what CI runs', () => {
  it('is every project once', async () => {
    const config = await readFile(new URL('../../vitest.config.ts', import.meta.url), 'utf8');
    const names = [...config.matchAll(/^ +name: '(\w+)',$/gm)].map(([, name]) => name);
    expect([...QUICK, ...ADDED].toSorted()).toEqual(names.toSorted());
  });
});
