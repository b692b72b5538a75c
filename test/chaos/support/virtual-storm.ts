import { StoreError, type StoreErrorCode } from '../../../server/store/errors.ts';
import { ALICE, BOB, seeded } from '../../support/analysis-builder.ts';
import { flawlessPhotograph, subject } from '../../support/subjects.ts';
import type { Fate } from './simulated-pool.ts';
import { VirtualService, violations } from './virtual-service.ts';

const STORE_CODES: readonly StoreErrorCode[] = ['store.busy', 'store.full', 'store.unavailable'];

/** A minute or so of everything at once, drawn by the seed. Returns what was found wrong, and how many were decided. */
export async function virtualStorm(seed: number): Promise<{ violations: string[]; decided: number }> {
  const draw = seeded(seed);
  const share = (most: number) => most * draw() ** 2;
  const [kill, hang, fails, store] = [share(0.03), share(0.01), share(0.05), share(0.4)];
  const fateOf = (picture: number): Fate => {
    const at = seeded(seed * 65_537 + picture)();
    if (at < kill) return 'kill';
    if (at < kill + hang) return 'hang';
    return at < kill + hang + fails ? 'fails' : 'analysed';
  };
  const service: VirtualService = new VirtualService({
    seed,
    workers: 1 + Math.floor(draw() * 3),
    frameMs: 4 + 12 * draw(),
    fateOf,
    captureJumpsMs: draw() < 0.2 ? 60_000 * (draw() - 0.5) : 0,
    async store() {
      if (draw() < store) await service.after(3_000 * draw() ** 2);
      if (draw() < store / 2) throw new StoreError(STORE_CODES[Math.floor(draw() * STORE_CODES.length)]);
    },
  });
  for (let i = 0; i < 16; i++) {
    const who = draw();
    if (who < 0.2) service.arrive('stranger', subject({ identity: BOB }));
    else if (who < 0.4) service.arrive('photograph', flawlessPhotograph(ALICE));
    else service.arrive('genuine', subject(), draw() < 0.2 ? { mode: 'enrol' } : {});
    service.slowdown = draw() < 0.15 ? 1 + 10 * draw() : 1;
    await service.run(1_500 * draw());
    if (draw() < 0.1) service.stall(4_000 * draw());
  }
  if (draw() < 0.3) void service.registry.drain(8_000 * draw());
  await service.settle(400_000);
  const decided = service.clients.filter(({ outcome }) => outcome !== null).length;
  return { violations: violations(service), decided };
}
