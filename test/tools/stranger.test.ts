import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ARTIFACTS } from '../../models/artifacts.ts';
import { DATA_DIR, MIRROR_DIR } from '../support/optional.ts';
import { preparedModels } from '../vision/support.ts';

const TESTS = fileURLToPath(new URL('..', import.meta.url));

describe('tests of every clone', () => {
  it('use the base tier and nothing beside the clone, whatever is there', async () => {
    expect([DATA_DIR, MIRROR_DIR]).toEqual([null, null]);
    const found = Object.keys(await preparedModels());
    const base = ARTIFACTS.flatMap(({ id, tier }) => (tier === 'base' ? [id] : []));
    expect(found.toSorted()).toEqual(base.toSorted());
  });

  it('use folders beside the clone only where a setting names them', () => {
    const files = readdirSync(TESTS, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    );
    expect(files.length).toBeGreaterThan(100);
    const looking = files.filter((name) =>
      /(['"`/])shared\/|'shared'/.test(readFileSync(join(TESTS, name), 'utf8')),
    );
    expect(looking.filter((name) => name !== 'tools/stranger.test.ts')).toEqual([]);
  });
});
