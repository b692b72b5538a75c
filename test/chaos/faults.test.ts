import { describe, expect, it } from 'vitest';
import { StoreError } from '../../server/store/errors.ts';
import { ALICE, BOB, seeded } from '../support/analysis-builder.ts';
import { flawlessPhotograph, subject } from '../support/subjects.ts';
import type { Fate } from './support/simulated-pool.ts';
import { virtualStorm } from './support/virtual-storm.ts';
import { VirtualService, violations } from './support/virtual-service.ts';

/** Of a hundred frames, how many take that fate. */
type Ailment = Partial<Readonly<Record<Exclude<Fate, 'analysed'>, number>>>;

function fates(ailment: Ailment, seed: number): (picture: number) => Fate {
  return (picture) => {
    let draw = 100 * seeded(seed * 65_537 + picture)();
    for (const [fate, percent] of Object.entries(ailment) as [Fate, number][]) {
      draw -= percent;
      if (draw < 0) return fate;
    }
    return 'analysed';
  };
}

/** People, impostors and photographs come and go while it lasts. */
async function aBusyDay(service: VirtualService, people = 9): Promise<void> {
  for (let i = 0; i < people; i++) {
    if (i % 4 === 2) service.arrive('stranger', subject({ identity: BOB }));
    else if (i % 4 === 3) service.arrive('photograph', flawlessPhotograph(ALICE));
    else service.arrive('genuine', subject(), i % 8 === 0 ? { mode: 'enrol' } : {});
    await service.run(600);
  }
}

const decided = (service: VirtualService) =>
  service.clients.filter(({ outcome }) => outcome === 'accept' || outcome === 'reject').length;

describe('whatever befalls the workers', () => {
  const seed = 13;

  it.each<[string, Ailment, number]>([
    ['one frame in a hundred kills its worker', { kill: 1 }, 2],
    ['one in a thousand hangs until its time is up', { hang: 0.1 }, 2],
    ['one in fifty fails, as for want of memory', { fails: 2 }, 1],
    ['all of that', { kill: 0.5, hang: 0.1, fails: 0.5 }, 2],
  ])('nobody is decided wrongly, and nothing is left behind: %s', async (_name, ailment, atLeast) => {
    const service = new VirtualService({ seed, fateOf: fates(ailment, seed) });
    await aBusyDay(service);
    await service.settle(200_000);
    expect(violations(service)).toEqual([]);
    expect(decided(service)).toBeGreaterThanOrEqual(atLeast);
    expect(service.pool.workers).toBe(2);
  });
});

describe('a storm of all faults at once', () => {
  // Each seed is another storm; `npm run chaos` goes on where these end.
  it.each([1, 2])('decides nobody wrongly and leaves nothing behind (seed %i)', async (seed) => {
    const { violations: found, decided: count } = await virtualStorm(seed);
    expect(found).toEqual([]);
    expect(count).toBeGreaterThan(0);
  });
});

describe('a client whose every picture kills its worker', () => {
  it('ends after a few of them, and the others are served', async () => {
    const poisoned = new Set<number>();
    let kills = 0;
    const service = new VirtualService({
      seed: 21,
      fateOf: (picture) => {
        if (!poisoned.has(picture)) return 'analysed';
        kills++;
        return 'kill';
      },
    });
    service.arrive('genuine', subject());
    await service.run(200);
    const look = { identity: ALICE, picture: 'poison' };
    const attacker = service.arrive('poisoner', () => {
      poisoned.add(service.pictures - 1);
      return look;
    });
    await service.settle(60_000);
    expect(attacker).toMatchObject({ outcome: null, code: 'server.internal' });
    expect(kills).toBeLessThan(6);
    expect(violations(service)).toEqual([]);
    expect(service.clients[0].outcome).toBe('accept');
  });
});

describe('whatever befalls the database', () => {
  const faults = {
    'is locked for longer than anyone waits': (service: VirtualService) => service.after(5_000, 'store.busy'),
    'is full': () => Promise.reject(new StoreError('store.full')),
    'is gone': () => Promise.reject(new StoreError('store.unavailable')),
  };

  it.each(
    Object.entries(faults),
  )('nobody is told what is not on record, and it goes on when that is over: it %s', async (_name, fault) => {
    let broken = false;
    const service: VirtualService = new VirtualService({
      seed: 31,
      store: () => (broken ? fault(service) : Promise.resolve()),
    });
    await aBusyDay(service, 4);
    broken = true;
    await aBusyDay(service, 6);
    await service.run(12_000);
    expect(service.clients.some(({ code }) => code === 'server.internal')).toBe(true);
    const during = service.told.size;
    broken = false;
    const late = service.arrive('genuine', subject());
    await service.settle(100_000);
    expect(late.outcome).toBe('accept');
    expect(service.told.size).toBeGreaterThan(during);
    expect(violations(service)).toEqual([]);
  });

  it('decides as ever, only later, when it is slow', async () => {
    const service: VirtualService = new VirtualService({ seed: 32, store: () => service.after(1_500) });
    await aBusyDay(service, 8);
    await service.settle(100_000);
    expect(violations(service)).toEqual([]);
    expect(decided(service)).toBeGreaterThanOrEqual(5);
  });
});

describe('time', () => {
  it('that stands still for the whole server, and then is over, decides nobody wrongly', async () => {
    const service = new VirtualService({ seed: 41 });
    for (let i = 0; i < 8; i++) {
      service.arrive(i % 4 === 3 ? 'stranger' : 'genuine', subject({ identity: i % 4 === 3 ? BOB : ALICE }));
      await service.run(700);
      service.stall(500 + 700 * i);
    }
    await service.settle(100_000);
    expect(violations(service)).toEqual([]);
  });

  it("that jumps on the client's clock decides nobody wrongly", async () => {
    const service = new VirtualService({ seed: 42, captureJumpsMs: 3_600_000 });
    await aBusyDay(service, 8);
    await service.settle(100_000);
    expect(violations(service)).toEqual([]);
  });
});

describe('a server that is told to stop under load', () => {
  it.each([0, 60_000])('lets sessions finish for %i ms and sends the rest elsewhere', async (drainMs) => {
    const service = new VirtualService({ seed: 51 });
    await aBusyDay(service, 8);
    const open = service.registry.openSessions;
    expect(open).toBeGreaterThan(2);
    let drained = false;
    void service.registry.drain(drainMs).then(() => (drained = true));
    service.arrive('genuine', subject());
    await service.settle(drainMs + 1_000);
    expect(drained).toBe(true);
    expect(violations(service)).toEqual([]);
    const sentAway = service.clients.filter(({ code }) => code === 'server.draining').length;
    expect(sentAway).toBe(drainMs === 60_000 ? 1 : sentAway);
    expect(sentAway).toBeGreaterThanOrEqual(1);
  });

  it('takes nobody in who was still on the threshold when the time was up', async () => {
    const service: VirtualService = new VirtualService({
      seed: 52,
      store: (what) => (what === 'read' ? service.after(1_000) : Promise.resolve()),
    });
    const late = service.arrive('genuine', subject());
    await service.run(100);
    void service.registry.drain(200);
    await service.settle(30_000);
    expect(late).toMatchObject({ outcome: null, code: 'server.draining' });
    expect(violations(service)).toEqual([]);
  });
});
