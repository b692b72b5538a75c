import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../client/demo/backend/database.ts';

describe('the demo’s database', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'veriframe-demo-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const modes = async () => {
    const names = await readdir(folder);
    return await Promise.all(names.map(async (name) => (await stat(join(folder, name))).mode & 0o777));
  };

  it.each([
    ['is made', null],
    ['was made for everybody to read', 0o644],
  ])('can be read only by its owner, log included, where it %s', async (_, mode) => {
    const path = join(folder, 'demo.db');
    if (mode !== null) await writeFile(path, '', { mode });
    const database = openDatabase(path);
    database.exec(`INSERT INTO users VALUES ('1', 'ada', 'ada@example.org', NULL, 's', NULL, 0)`);
    expect(await readdir(folder)).toContain('demo.db-wal');
    expect(new Set(await modes())).toEqual(new Set([0o600]));
    database.close();
  });
});
