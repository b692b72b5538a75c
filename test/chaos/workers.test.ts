import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../server/time/clock.ts';
import type { AnalyzeReply, AnalyzeRequest, FrameAnalyzer } from '../../server/inference/calls.ts';
import { createPool, type PoolEvent } from '../../server/inference/pool.ts';
import { openSqliteStore } from '../../server/store/sqlite/store.ts';
import { testMasterKey } from '../store/sqlite-backend.ts';
import { newReference } from '../store/support.ts';
import { MAX_PIXELS, NOTHING_MORE, preparedModels } from '../vision/support.ts';

const canStarve = spawnSync('prlimit', ['--version']).status === 0;

describe('a worker', () => {
  let pool: FrameAnalyzer | null = null;
  afterEach(async () => {
    await pool?.close();
    pool = null;
  });

  it(`is not blamed when the server itself was held up; one that can do nothing, or has no memory, is replaced${canStarve ? '' : ' (memory: skipped for want of prlimit)'}`, async () => {
    const { blazeface, facemesh, iris } = await preparedModels();
    if (!blazeface || !facemesh || !iris) throw new Error('The geometry networks are missing.');
    const events: PoolEvent[] = [];
    const running = await createPool({
      workers: 1,
      models: { blazeface, facemesh, iris },
      maxImagePixels: MAX_PIXELS,
      jobTimeoutMs: 2_500,
      onEvent: (event) => events.push(event),
    });
    pool = running;
    const grey = { r: 90, g: 90, b: 90 };
    const drawn = (width: number, height: number) =>
      sharp({ create: { width, height, channels: 3, background: grey } })
        .jpeg()
        .toBuffer();
    const picture = await drawn(640, 480);
    const large = await drawn(2000, 1500);
    const request = (image = picture) => ({
      image: new Uint8Array(image).buffer,
      region: null,
      wants: NOTHING_MORE,
    });
    const ask = (take: () => AnalyzeRequest) =>
      new Promise<AnalyzeReply>((resolve) => {
        running.requestTurn(take, resolve);
      });
    const analyze = () => ask(() => request());
    const lost = () => events.filter(({ type }) => type === 'worker-lost').length;

    const reply = analyze();
    await Promise.resolve();
    holdUp(3_000);
    expect((await reply).ok).toBe(true);
    expect(lost()).toBe(0);

    // What no session asks for makes the worker's own code fail, and it says so each time.
    const broken = { ...request(), wants: null as unknown as typeof NOTHING_MORE };
    for (let frame = 0; frame < 3; frame++)
      expect(await ask(() => broken)).toEqual({ ok: false, code: 'server.internal' });
    expect(events.findLast(({ type }) => type === 'worker-lost')).toMatchObject({ why: 'failing' });
    expect((await analyze()).ok).toBe(true);
    if (!canStarve) return;

    const pid = events.flatMap((event) => (event.type === 'worker-ready' ? [event.pid] : [])).at(-1);
    expect(spawnSync('prlimit', ['--pid', String(pid), '--as=1']).status).toBe(0);
    // A larger picture than before needs memory that it did not have yet.
    for (let frame = 0; lost() === 1 && frame < 20; frame++) await ask(() => request(large));
    expect(lost()).toBe(2);
    expect((await analyze()).ok).toBe(true);
  });
});

/** Nothing else runs in this thread meanwhile. */
function holdUp(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

describe('a database that is removed under a running server', () => {
  it('takes no write that nobody would find again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'veriframe-gone-'));
    try {
      const path = join(folder, 'veriframe.db');
      const store = await openSqliteStore({ path, masterKey: testMasterKey() });
      await store.references.add(newReference());
      for (const ending of ['', '-wal', '-shm']) await rm(path + ending);
      await expect(store.references.add(newReference())).rejects.toMatchObject({ code: 'store.unavailable' });
      const other = await openSqliteStore({ path, masterKey: testMasterKey() });
      await expect(store.references.add(newReference())).rejects.toMatchObject({ code: 'store.unavailable' });
      await other.references.add(newReference());
      await other.close();
      await store.close();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('the clocks of a server', () => {
  it('tell sessions a time that the wall clock cannot move, and others the time that it tells', () => {
    const realNow = Date.now;
    try {
      const before = systemClock.nowMs();
      Date.now = () => realNow() - 86_400_000;
      expect(systemClock.nowMs()).toBeGreaterThanOrEqual(before);
      expect(Math.abs(systemClock.wallMs() - (realNow() - 86_400_000))).toBeLessThan(60_000);
      Date.now = () => realNow() + 86_400_000;
      expect(systemClock.nowMs() - before).toBeLessThan(60_000);
      expect(Math.abs(systemClock.wallMs() - (realNow() + 86_400_000))).toBeLessThan(60_000);
    } finally {
      Date.now = realNow;
    }
  });
});
