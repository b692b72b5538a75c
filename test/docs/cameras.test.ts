import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../models/package-root.ts';
import { countNamedTests, missingTests } from '../../tools/named-tests.ts';
import { textOf } from './support/documents.ts';

describe('the page of what was tried', () => {
  const page = textOf('docs/cameras.md');
  const rows = page
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| .* \| held by \|$/.test(line));

  it('names for each row a test that is there', () => {
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.filter((row) => !/`test\/[\w./-]+\.ts\b/.test(row))).toEqual([]);
    expect(countNamedTests(page)).toBeGreaterThan(20);
    expect(missingTests(page, packageRoot())).toEqual([]);
  });
});
