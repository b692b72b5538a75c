import { EventEmitter, once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { copyFile, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AnalyzeReply, AnalyzeRequest, FrameAnalyzer } from '../../server/inference/calls.ts';
import { ExecutionProviderError } from '../../server/inference/execution-provider.ts';
import { createPool, type PoolEvent } from '../../server/inference/pool.ts';
import { installedPackage } from '../../models/package-root.ts';
import type { PreparedModels } from '../../models/prepared.ts';
import { groupPhoto, MAX_PIXELS, NOTHING_MORE, preparedModels } from '../vision/support.ts';

type Models = PreparedModels['models'];

let models: Models;
let face: Buffer;
let group: Buffer;
beforeAll(async () => {
  const all = await preparedModels();
  // The networks that every pool needs, and one of each optional kind.
  const { blazeface, facemesh, iris, faceres } = all;
  models = Object.fromEntries(
    Object.entries({ blazeface, facemesh, iris, faceres, 'minifasnet-v2': all['minifasnet-v2'] }).filter(
      ([, file]) => file !== undefined,
    ),
  );
  group = await groupPhoto(5);
  face = await sharp(group).extract({ left: 1300, top: 320, width: 460, height: 460 }).jpeg().toBuffer();
});

function request(bytes: Buffer, wants = NOTHING_MORE): AnalyzeRequest {
  return { image: new Uint8Array(bytes).buffer, region: null, wants };
}

function analyze(pool: FrameAnalyzer, bytes: Buffer, wants = NOTHING_MORE): Promise<AnalyzeReply> {
  return new Promise((resolve) => {
    pool.requestTurn(() => request(bytes, wants), resolve);
  });
}

function widthOf(reply: AnalyzeReply): number {
  return reply.ok ? reply.analysis.width : -1;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Some sandboxes let no process say so of itself. */
function mayOfferToDie(): boolean {
  try {
    writeFileSync('/proc/self/oom_score_adj', readFileSync('/proc/self/oom_score_adj'));
    return true;
  } catch {
    return false;
  }
}

const INTERNAL = { ok: false, code: 'server.internal' };

describe('inference pool', () => {
  let pool: FrameAnalyzer;
  let events: PoolEvent[];
  const happened = new EventEmitter();

  /** Process ids of the workers that became ready, oldest first. */
  const pids = () =>
    events.flatMap((event) => (event.type === 'worker-ready' && event.pid ? [event.pid] : []));

  async function start(options: { workers?: number; jobTimeoutMs?: number; models?: Models } = {}) {
    events = [];
    pool = await createPool({
      workers: 1,
      models,
      maxImagePixels: MAX_PIXELS,
      jobTimeoutMs: 30_000,
      onEvent: (event) => {
        events.push(event);
        happened.emit('event');
      },
      ...options,
    });
    return pool;
  }

  afterEach(async () => {
    await pool.close();
    if (pids().some(isAlive)) throw new Error('A closed pool left a process.');
  });

  it('is warm when it resolves, says what it has loaded, and answers with what was asked for', async () => {
    await start({ workers: 2 });
    expect(events.filter(({ type }) => type === 'worker-ready').length).toBe(2);
    expect(pool.workers).toBe(2);
    expect(pool.models.embeddings).toEqual(['faceres']);
    // Where memory runs out a worker goes before the server, and its own scripts get no more than their share.
    if (process.platform === 'linux')
      for (const pid of pids()) {
        if (mayOfferToDie()) expect(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8')).toBe('1000\n');
        expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toMatch(/--max-old-space-size=\d+\0/);
      }
    const wants = { embeddings: true, pad: true, countFaces: true };
    const replies = await Promise.all([
      analyze(pool, face, wants),
      analyze(pool, face),
      analyze(pool, face, wants),
    ]);
    const values = replies.map((reply) => {
      if (!reply.ok || !reply.analysis.face.found) throw new Error('There is no face.');
      expect(reply.timings.totalMs).toBeGreaterThan(reply.timings.decodeMs);
      return reply.analysis.face.value;
    });
    expect(values.map(({ embeddings }) => embeddings?.faceres?.length)).toEqual([1024, undefined, 1024]);
    // Any worker gives the same answer to the same frame.
    expect(values[2].embeddings).toEqual(values[0].embeddings);
    expect(values[2].landmarks).toEqual(values[1].landmarks);
    expect(values[0].bonaFideProbability !== undefined).toBe(pool.models.pad.length > 0);
    expect(values[1].bonaFideProbability).toBeUndefined();
  });

  it('gives turns in the order of asking, and the frame that is newest when the turn comes', async () => {
    await start();
    const order: string[] = [];
    let newest = await sharp(face).resize(100).jpeg().toBuffer();
    const turn = (name: string, frame: () => Buffer) =>
      new Promise<AnalyzeReply>((resolve) => {
        pool.requestTurn(() => {
          order.push(name);
          return request(frame());
        }, resolve);
      });
    const a = turn('a', () => group);
    const b = turn('b', () => newest);
    const c = turn('c', () => face);
    expect(order).toEqual([]);
    expect(pool.queueDepth).toBe(3);
    await Promise.resolve();
    expect(order).toEqual(['a']);
    expect(pool.queueDepth).toBe(2);
    newest = await sharp(face).resize(200).jpeg().toBuffer();
    await a;
    expect(widthOf(await b)).toBe(200);
    await c;
    expect(order).toEqual(['a', 'b', 'c']);
    expect(pool.queueDepth).toBe(0);
  });

  it('gives background turns only while no live one waits, whenever each was asked for', async () => {
    await start();
    const order: string[] = [];
    const turn = (name: string, priority?: 'background') =>
      new Promise<AnalyzeReply>((resolve) => {
        const take = () => {
          order.push(name);
          return request(face);
        };
        pool.requestTurn(take, resolve, priority);
      });
    const photos = [turn('photo 1', 'background'), turn('photo 2', 'background')];
    const withdraw = pool.requestTurn(
      () => {
        order.push('withdrawn');
        return null;
      },
      () => {},
      'background',
    );
    const frames = [turn('frame 1'), turn('frame 2')];
    withdraw();
    await Promise.all([...photos, ...frames]);
    expect(order).toEqual(['frame 1', 'frame 2', 'photo 1', 'photo 2']);
  });

  it('skips turns that were withdrawn or given up', async () => {
    await start();
    const called: string[] = [];
    const running = analyze(pool, group);
    const withdraw = pool.requestTurn(
      () => {
        called.push('withdrawn');
        return request(face);
      },
      () => called.push('withdrawn done'),
    );
    pool.requestTurn(
      () => {
        called.push('given up');
        return null;
      },
      () => called.push('given up done'),
    );
    const last = analyze(pool, face);
    withdraw();
    await running;
    expect((await last).ok).toBe(true);
    withdraw();
    expect(called).toEqual(['given up']);
  });

  it('answers bad images with their code and goes on', async () => {
    await start();
    expect(await analyze(pool, Buffer.from('no picture, just text'))).toEqual({
      ok: false,
      code: 'frame.undecodable',
    });
    expect(await analyze(pool, face.subarray(0, face.length >> 1))).toEqual({
      ok: false,
      code: 'frame.undecodable',
    });
    const wide = await sharp(face).resize(2500, 2000, { fit: 'fill' }).jpeg().toBuffer();
    expect(await analyze(pool, wide)).toEqual({ ok: false, code: 'frame.too_many_pixels' });
    expect((await analyze(pool, face)).ok).toBe(true);
    expect(events.filter(({ type }) => type !== 'worker-ready')).toEqual([]);
  });

  it('survives callers that throw or hand over what cannot be sent', async () => {
    await start();
    pool.requestTurn(
      () => {
        throw new Error('take fails');
      },
      () => {},
    );
    pool.requestTurn(
      () => request(face),
      () => {
        throw new Error('done fails');
      },
    );
    const unsendable = { ...NOTHING_MORE, trap: () => {} };
    const reply = analyze(pool, face, unsendable);
    expect(await reply).toEqual(INTERNAL);
    expect((await analyze(pool, face)).ok).toBe(true);
    expect(events.map(({ type }) => type)).toEqual([
      'worker-ready',
      'callback-failed',
      'callback-failed',
      'frame-failed',
    ]);
  });

  it('loses one frame, not more, when a worker dies under it', async () => {
    await start();
    const replies: AnalyzeReply[] = [];
    const lost = new Promise<AnalyzeReply>((resolve) => {
      pool.requestTurn(
        () => request(group),
        (reply) => {
          replies.push(reply);
          resolve(reply);
        },
      );
    });
    const next = analyze(pool, face);
    await Promise.resolve();
    process.kill(pids()[0], 'SIGKILL');
    expect(await lost).toEqual(INTERNAL);
    expect((await next).ok).toBe(true);
    expect(replies).toEqual([INTERNAL]);
    expect(pids().length).toBe(2);
    expect(events.map(({ type }) => type)).toEqual(['worker-ready', 'worker-lost', 'worker-ready']);
  });

  it('replaces a worker that takes too long', async () => {
    await start({ jobTimeoutMs: 1 });
    expect(await analyze(pool, group)).toEqual(INTERNAL);
    expect(events.at(-1)).toMatchObject({ type: 'worker-lost', why: 'job-timeout', restartInMs: 0 });
    expect(await analyze(pool, group)).toEqual(INTERNAL);
    expect(pids().length).toBe(2);
  });

  it('keeps trying, ever more rarely, while workers cannot start, and serves again when they can', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'veriframe-pool-'));
    try {
      const iris = path.join(folder, 'iris.onnx');
      const away = path.join(folder, 'away.onnx');
      await copyFile(models.iris ?? '', iris);
      await start({ models: { ...models, iris } });
      await rename(iris, away);
      const losses = () => events.filter(({ type }) => type === 'worker-lost').length;
      process.kill(pids()[0], 'SIGKILL');
      while (losses() < 3) await once(happened, 'event');
      const waits = events.flatMap((event) => (event.type === 'worker-lost' ? [event.restartInMs] : []));
      expect(waits.slice(0, 3)).toEqual([0, 250, 500]);
      await rename(away, iris);
      expect((await analyze(pool, face)).ok).toBe(true);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('finishes running frames when it closes, refuses others, and leaves nothing running', async () => {
    await start({ workers: 2 });
    const called: string[] = [];
    const running = analyze(pool, group);
    const alsoRunning = analyze(pool, face);
    pool.requestTurn(
      () => {
        called.push('waiting');
        return request(face);
      },
      () => called.push('waiting done'),
    );
    await Promise.resolve();
    // A Ctrl-C or a service manager tells the whole group, workers included.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) for (const pid of pids()) process.kill(pid, signal);
    const closed = pool.close();
    pool.requestTurn(
      () => {
        called.push('late');
        return request(face);
      },
      () => called.push('late done'),
    );
    expect(pool.close()).toBe(closed);
    await closed;
    expect([(await running).ok, (await alsoRunning).ok]).toEqual([true, true]);
    expect(called).toEqual([]);
    expect(pool.queueDepth).toBe(0);
    expect(pids().map(isAlive)).toEqual([false, false]);
    expect(process.getActiveResourcesInfo()).not.toContain('Timeout');
  });

  it('does not start without a needed model or with a broken one', async () => {
    await start();
    const options = { workers: 2, maxImagePixels: MAX_PIXELS, jobTimeoutMs: 1000 };
    const { iris: _, ...withoutIris } = models;
    await expect(createPool({ ...options, models: withoutIris })).rejects.toThrow('iris');
    await expect(createPool({ ...options, models, workers: 0 })).rejects.toThrow(RangeError);
    const broken = { ...models, iris: import.meta.filename };
    await expect(createPool({ ...options, models: broken })).rejects.toThrow('did not start');
    expect(pids().map(isAlive)).toEqual([true]);
  });

  it.skipIf(hasCudaLibraries())(
    'says so when the networks cannot run where they should (skipped where ONNX Runtime has CUDA libraries)',
    async () => {
      await start();
      const options = { workers: 1, models, maxImagePixels: MAX_PIXELS, jobTimeoutMs: 1000 };
      const failure: unknown = await createPool({ ...options, executionProvider: 'cuda' }).catch(
        (error: unknown) => error,
      );
      expect(failure).toBeInstanceOf(ExecutionProviderError);
      expect(failure).toMatchObject({ code: 'inference.provider_unavailable', provider: 'cuda' });
    },
  );
});

function hasCudaLibraries(): boolean {
  return readdirSync(installedPackage('onnxruntime-node'), { recursive: true, encoding: 'utf8' }).some(
    (file) => file.includes('providers_cuda'),
  );
}
