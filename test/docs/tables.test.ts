import { describe, expect, it } from 'vitest';
import { BROWSER_ADVICE, ERROR_ADVICE, KIOSK_ADVICE, STORE_ADVICE } from '../../tools/docs/error-advice.ts';
import { HINT_ADVICE } from '../../tools/docs/hints.ts';
import { COMMERCIAL_USE } from '../../tools/docs/models.ts';
import { REASON_ADVICE } from '../../tools/docs/reasons.ts';
import { table } from '../../tools/docs/table.ts';
import { GENERATED, withTables } from '../../tools/docs.ts';
import { ERRORS } from '../../protocol/errors.ts';
import { HINTS } from '../../protocol/status.ts';
import { REASONS } from '../../server/decision/reasons.ts';
import { textOf } from './support/documents.ts';

const WORDS: Readonly<Record<string, string | { readonly means: string; readonly todo: string }>> = {
  ...BROWSER_ADVICE,
  ...KIOSK_ADVICE,
  ...STORE_ADVICE,
  ...COMMERCIAL_USE,
  ...HINT_ADVICE,
  ...REASON_ADVICE,
  ...ERROR_ADVICE,
};

describe('the tables of the documents', () => {
  it.each(Object.keys(GENERATED))('%s is what `npm run docs` writes', async (name) => {
    const text = textOf(name);
    expect(await withTables(name, text)).toBe(text);
  });

  it('have a row for every hint, every reason and every error code', () => {
    const rows = textOf('docs/troubleshoot.md').split('\n');
    const missing = [...HINTS, ...REASONS, ...Object.keys(ERRORS)].filter(
      (code) => !rows.some((row) => row.startsWith(`| \`${code}\` |`)),
    );
    expect(missing).toEqual([]);
  });

  it('say something in each row: whole sentences', () => {
    const sentences = Object.entries(WORDS).flatMap(([code, words]) =>
      (typeof words === 'string' ? [words] : [words.means, words.todo]).map((one) => `${code}: ${one}`),
    );
    expect(sentences.length).toBeGreaterThan(150);
    expect(sentences.filter((words) => !/^\S+: ['`A-Z"].*[.)]$/.test(words))).toEqual([]);
  });

  it('keep a bar within a cell from ending it', () => {
    expect(table(['a', 'b'], [['1|2', '3']])).toBe('| a | b |\n|---|---|\n| 1\\|2 | 3 |');
  });
});
