import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { ARTIFACTS } from '../../models/artifacts.ts';
import { prepareModels } from '../../models/prepare/prepare.ts';
import { modelCacheDir } from '../../models/prepare/settings.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import { person, preparePeople, subject } from '../support/people.ts';
import { play } from '../support/play.ts';
import type { Portrait } from '../../simulator/index.ts';
import { startRealServer } from '../../tools/throwaway-server.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/*
 * Real models, sockets, store and workers; only time is the test's own, so that a slow machine sees every frame. The
 * face is a head rendered in three dimensions that hears the challenges and answers them.
 */

let ada: Portrait;
let grace: Portrait;
beforeAll(async () => {
  ({ ada, grace } = await preparePeople());
});

/** As a machine without a network prepares them; what is converted for the other tests already is taken over. */
async function prepareBaseTier(cacheDir: string): Promise<void> {
  const from = modelCacheDir();
  const base = ARTIFACTS.filter(({ tier }) => tier === 'base').map(({ fileName }) => join(from, fileName));
  const kept = new Set([from, join(from, 'index.json'), ...base]);
  await cp(from, cacheDir, { recursive: true, preserveTimestamps: true, filter: (path) => kept.has(path) });
  await prepareModels({ cacheDir, offline: true });
}

describe('tiers', () => {
  it('the base tier decides alone, says so, and knows who was enrolled before a restart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'veriframe-tier-'));
    const cacheDir = join(folder, 'models');
    const dataDir = join(folder, 'data');
    await prepareBaseTier(cacheDir);
    const clock = new VirtualClock();
    const env = { VERIFRAME_MODEL_CACHE: cacheDir };

    const before = await startRealServer({ transport: 'auto', clock, seed: 5, dataDir });
    const enrolled = await play(before, clock, {
      mode: 'enrol',
      subject,
      policy: 'blink-only',
      presenter: await person(ada, 20),
    });
    expect(enrolled.decision.outcome).toBe('accept');
    await before.close();

    const after = await startRealServer({ transport: 'auto', clock, seed: 6, dataDir, env });
    try {
      expect(after.system.tier).toBe('base');
      const same = await play(after, clock, { mode: 'verify', subject, presenter: await person(ada, 21) });
      expect(same.decision.outcome).toBe('accept');
      const { veriframe } = decodeJwt<{ veriframe: { assurance: { tier: string; unmeasured: string[] } } }>(
        same.decision.token ?? '',
      );
      expect(veriframe.assurance).toMatchObject({
        tier: 'base',
        unmeasured: expect.arrayContaining(['passive-pad']),
      });
      const other = await play(after, clock, { mode: 'verify', subject, presenter: await person(grace, 22) });
      expect(other.decision.outcome).toBe('reject');
      const found = await play(after, clock, {
        mode: 'identify',
        policy: 'blink-only',
        presenter: await person(ada, 23),
      });
      expect(found.decision.outcome).toBe('accept');
    } finally {
      await after.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
