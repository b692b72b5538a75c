import { describe, expect, it } from 'vitest';
import { VeriframeError } from '../../protocol/errors.ts';
import { createHealth } from '../../server/api/health.ts';
import { StoreError } from '../../server/store/errors.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

function setUp() {
  const clock = new VirtualClock();
  const state = {
    isDraining: false,
    workers: 2,
    refusal: null as VeriframeError | null,
    probe: async (): Promise<void> => {},
    probes: 0,
  };
  const health = createHealth({
    clock,
    isDraining: () => state.isDraining,
    workers: () => state.workers,
    refusal: () => state.refusal,
    probeStore: () => {
      state.probes += 1;
      return state.probe();
    },
  });
  return { clock, state, health };
}

describe('the readiness', () => {
  it('looks at shut-down, workers, store and capacity', async () => {
    const { clock, state, health } = setUp();
    expect(await health()).toBeNull();
    state.refusal = new VeriframeError('server.busy');
    expect(await health()).toMatchObject({ code: 'server.busy' });
    state.probe = async () => await Promise.reject(new StoreError('store.full', '/data/veriframe.db'));
    clock.advance(1_000);
    const full = await health();
    expect(full).toMatchObject({ code: 'server.not_ready' });
    expect(full?.message).toContain('The store has no room left.');
    expect(full?.message).not.toContain('/data');
    state.probe = async () => await Promise.reject(new Error('ENOENT: /data'));
    clock.advance(1_000);
    expect((await health())?.message).toContain('The store fails.');
    state.workers = 0;
    expect((await health())?.message).toContain('No worker');
    state.isDraining = true;
    expect(await health()).toMatchObject({ code: 'server.draining' });
  });

  it('does not wait for a store that hangs', async () => {
    const { clock, state, health } = setUp();
    state.probe = async () => await new Promise<void>(() => {});
    const asked = health();
    clock.advance(3_000);
    expect((await asked)?.message).toContain('The store does not answer.');
  });

  it('asks the store once a second at most, whoever asks how often', async () => {
    const { clock, state, health } = setUp();
    await Promise.all(Array.from({ length: 100 }, async () => await health()));
    expect(state.probes).toBe(1);
    clock.advance(1_000);
    await health();
    expect(state.probes).toBe(2);
  });
});
