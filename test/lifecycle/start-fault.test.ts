import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { describeStartFault } from '../../server/lifecycle/start-fault.ts';

class Foreseen extends Error {}
const tell = (error: Error) => (error instanceof Foreseen ? error.message : null);
const failure = async (path: string): Promise<unknown> =>
  await readFile(path).catch((error: unknown) => error);

describe('what keeps the server from starting', () => {
  it('is told in one line: what the setting, the file or the system says, with its cause', async () => {
    expect(describeStartFault(new Foreseen('PORT must be a whole number.'), tell)).toBe(
      'PORT must be a whole number.',
    );
    const missing = await failure('/nowhere/keys.json');
    expect(describeStartFault(missing, tell)).toBe(
      '/nowhere/keys.json: it does not exist: create it, or correct the setting that names it (ENOENT).',
    );
    expect(describeStartFault(new Foreseen('The keys cannot be read.', { cause: missing }), tell)).toBe(
      'The keys cannot be read. /nowhere/keys.json: it does not exist: create it, or correct the setting that names it (ENOENT).',
    );
    expect(describeStartFault(new Foreseen('It failed.', { cause: new Error('one\n  two') }), tell)).toBe(
      'It failed. (one two)',
    );
    expect(describeStartFault(await failure('/tmp'), tell)).toContain('it is a folder and no file');
  });

  it('is a stack where nobody foresaw it', () => {
    expect(describeStartFault(new TypeError('x is undefined'), tell)).toBeNull();
    expect(describeStartFault('thrown text', tell)).toBeNull();
  });
});
