import { describe, expect, it } from 'vitest';
import { Capacity, PROMISED_FRAMES_PER_SECOND } from '../../server/sessions/capacity.ts';
import { ALICE, BOB } from '../support/analysis-builder.ts';
import { subject } from '../support/subjects.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { percentile, VirtualService, violations } from './support/virtual-service.ts';

const genuine = () => subject({ identity: ALICE });
const stranger = () => subject({ identity: BOB });

/** As many as there is room for, and the p99 of a frame's way while they are all at it. */
async function fullHouse(service: VirtualService): Promise<number> {
  for (let i = 0; i < 3; i++) {
    service.arrive('genuine', genuine());
    await service.run(300);
  }
  while (service.registry.refusal() === null) service.arrive('genuine', genuine());
  await service.run(1_000);
  service.latencies = [];
  await service.run(3_000);
  return percentile(service.latencies, 0.99);
}

describe('ten times as many people as the workers can serve', () => {
  it('do not slow down those who were let in, hear when to come back, and are all decided rightly', async () => {
    const service = new VirtualService({ seed: 7, workers: 1 });
    const normalMs = await fullHouse(service);
    service.latencies = [];
    const admitted = service.clients.length;
    const places = service.capacity.sessions;
    for (let i = 0; i < 10 * places; i++)
      service.arrive(i % 4 === 3 ? 'stranger' : 'genuine', i % 4 === 3 ? stranger() : genuine());
    await service.run(6_000);

    expect(places).toBeGreaterThanOrEqual(4);
    expect(service.latencies.length).toBeGreaterThan(300);
    expect(percentile(service.latencies, 0.99)).toBeLessThan(2 * normalMs);
    expect(service.registry.openSessions).toBeLessThanOrEqual(places + 2);
    const turnedAway = service.clients.slice(admitted).filter(({ refusals }) => refusals > 0);
    expect(turnedAway.length).toBeGreaterThan(8 * places);

    await service.settle(900_000);
    expect(violations(service)).toEqual([]);
    const undecided = service.clients.filter(({ outcome }) => outcome === 're-verify' || outcome === null);
    expect(undecided.length).toBeLessThan(0.05 * service.clients.length);
  });

  it('accepts and rejects nobody for want of frames when the machine slows down, and recovers in seconds', async () => {
    const service = new VirtualService({ seed: 8 });
    await fullHouse(service);
    for (let i = 0; i < 4; i++) service.arrive('stranger', stranger(), { patient: false });
    service.slowdown = 12;
    await service.run(4_000);
    expect(service.registry.refusal()).toMatchObject({
      code: 'server.busy',
      retryAfterMs: expect.any(Number),
    });
    await service.settle(120_000);
    expect(violations(service)).toEqual([]);

    service.slowdown = 1;
    service.arrive('genuine', genuine());
    await service.run(3_000);
    service.latencies = [];
    service.arrive('genuine', genuine(), { patient: false });
    await service.settle(30_000);
    expect(service.clients.at(-1)).toMatchObject({ outcome: 'accept', refusals: 0 });
    expect(percentile(service.latencies, 0.99)).toBeLessThan(60);
  });
});

describe('capacity', () => {
  function measured(workers: number, frameMs: number, framesPerSecond: number) {
    const clock = new VirtualClock();
    const state = { workers, waitMs: 0, reply: ANALYSED };
    const capacity = new Capacity(clock, () => state.workers);
    const analyzer = capacity.watch({
      models: { embeddings: [], pad: [] },
      workers,
      queueDepth: 0,
      requestTurn(take, done) {
        const begin = () => {
          take();
          clock.wakeAt(clock.nowMs() + frameMs, () => done(state.reply));
        };
        if (state.waitMs === 0) begin();
        else clock.wakeAt(clock.nowMs() + state.waitMs, begin);
        return () => undefined;
      },
      close: () => Promise.resolve(),
    });
    const request = { image: new ArrayBuffer(0), region: null, wants: WANTS };
    const run = (seconds: number, sessions: number) => {
      for (let frame = 0; frame < seconds * framesPerSecond; frame++) {
        for (let i = 0; i < sessions; i++)
          analyzer.requestTurn(
            () => request,
            () => undefined,
          );
        clock.advance(1000 / framesPerSecond);
      }
    };
    return { capacity, run, state, clock };
  }
  const WANTS = { embeddings: false, pad: false, countFaces: false } as never;
  const ANALYSED = { ok: true } as never;
  const REFUSED = { ok: false } as never;

  it('follows what a frame costs, and how many workers are left', () => {
    const { capacity, run, state } = measured(4, 20, 10);
    run(20, 2);
    expect(capacity.frameMs).toBeCloseTo(20, 0);
    expect(capacity.sessions).toBe(Math.floor(4000 / (20 * PROMISED_FRAMES_PER_SECOND)));
    state.workers = 2;
    expect(capacity.sessions).toBe(Math.floor(2000 / (20 * PROMISED_FRAMES_PER_SECOND)));
    state.workers = 0;
    expect(capacity.room(0)).toBe(0);
  });

  it('learns nothing from frames that were refused or lost, however many somebody sends', () => {
    const { capacity, run, state } = measured(4, 20, 10);
    state.reply = REFUSED;
    run(20, 2);
    expect(capacity.frameMs).toBe(10);
  });

  it('takes a newcomer for hungry, and one that sends little for what it uses', () => {
    const { capacity, run } = measured(2, 20, 3);
    const places = capacity.sessions;
    run(10, 4);
    expect(capacity.room(4)).toBeGreaterThan(capacity.sessions - 4);
    for (let i = 0; i < 4; i++) capacity.entered();
    expect(capacity.room(4)).toBeLessThanOrEqual(capacity.sessions - 4);
    expect(places).toBeGreaterThan(0);
  });

  it('takes nobody who was turned away for a newcomer, however often', () => {
    const { capacity, run } = measured(2, 20, 3);
    run(10, 4);
    const room = capacity.room(4);
    for (let i = 0; i < 100; i++) capacity.entered().turnedAway();
    expect(capacity.room(4)).toBe(room);
  });

  it('has no room while turns wait long, whatever the averages say, and has it again seconds later', () => {
    const { capacity, run, state, clock } = measured(4, 5, 10);
    run(5, 2);
    expect(capacity.room(10)).toBeGreaterThan(10);
    state.waitMs = 400;
    run(3, 2);
    expect(capacity.room(10)).toBe(0);
    state.waitMs = 0;
    clock.advance(2_500);
    expect(capacity.room(10)).toBeGreaterThan(10);
  });

  it('tells those who are refused to come back in half the time a session takes, within bounds', () => {
    const { capacity, clock } = measured(1, 10, 10);
    for (let i = 0; i < 200; i++) {
      const newcomer = capacity.entered();
      clock.advance(4_000);
      newcomer.left();
    }
    expect(capacity.retryAfterMs).toBe(2_000);
    for (let i = 0; i < 200; i++) capacity.entered().left();
    expect(capacity.retryAfterMs).toBe(1_000);
  });
});
