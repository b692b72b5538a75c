import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { AnalyzeReply, FrameAnalyzer } from '../../server/inference/calls.ts';
import { MAX_IMPORTS, PhotoImports } from '../../server/subjects/photos/photo-import.ts';
import type { PhotoEnrolment } from '../../server/subjects/subjects.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/** Imports whose workers answer only what the test tells them. */
function setUp(known: readonly string[] = []) {
  const waiting: ((reply: AnalyzeReply) => void)[] = [];
  const asked: PhotoEnrolment[] = [];
  const analyzer: FrameAnalyzer = {
    models: { embeddings: [], pad: [] },
    workers: 64,
    queueDepth: 0,
    requestTurn(take, done) {
      take();
      waiting.push(done);
      return () => undefined;
    },
    close: async () => undefined,
  };
  const imports = new PhotoImports({
    analyzer,
    clock: new VirtualClock(),
    openSessions: () => 0,
    references: {
      knownPictures: async (_tenant, _subject, digests) => digests.filter((one) => known.includes(one)),
    },
    subjects: {
      async enrolPhotos(photos) {
        asked.push(photos);
        return { result: 'full' };
      },
    },
  });
  const run = (...bytes: number[]) =>
    imports.run({
      tenant: 'door',
      subject: 'anna',
      photos: bytes.map((byte) => ({ image: Uint8Array.of(byte), sha256: null })),
      distinctFrom: [],
    });
  return { waiting, asked, run };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
const digestOf = (byte: number) => createHash('sha256').update(Uint8Array.of(byte)).digest('hex');
const UNREADABLE: AnalyzeReply = { ok: false, code: 'frame.undecodable' };

describe('imports of photographs', () => {
  it('are refused while too many are under way, and taken again once those have ended', async () => {
    const { waiting, run } = setUp();
    const under = Array.from({ length: MAX_IMPORTS }, (_, at) => run(at));
    await settled();
    await expect(run(99)).rejects.toMatchObject({ code: 'server.busy', retryAfterMs: 1_000 });
    for (const done of waiting) done(UNREADABLE);
    await Promise.all(under);
    const next = run(99);
    await settled();
    waiting.at(-1)?.(UNREADABLE);
    expect(await next).toMatchObject({ result: 'refused', reason: 'no-usable-photo' });
  });

  it('ask no worker about photographs that are known, nor twice about the same', async () => {
    const { waiting, asked, run } = setUp([digestOf(1)]);
    expect(await run(1)).toEqual({
      result: 'known',
      photos: [{ result: 'known', reason: null }],
      analysisMs: 0,
    });
    const twice = run(2, 2);
    await settled();
    expect(waiting).toHaveLength(1);
    waiting[0]?.(UNREADABLE);
    expect(await twice).toMatchObject({
      result: 'refused',
      photos: Array.from({ length: 2 }, () => ({ result: 'refused', reason: 'unreadable' })),
    });
    expect(asked).toEqual([]);
  });

  it('end as busy when a worker was lost, so that the photograph is not refused for that', async () => {
    const { waiting, run } = setUp();
    const lost = run(1).catch((error: unknown) => error);
    await settled();
    waiting[0]?.({ ok: false, code: 'server.internal' });
    expect(await lost).toMatchObject({ code: 'server.busy' });
  });

  it.each([
    ['frame.undecodable', 'unreadable'],
    ['frame.too_many_pixels', 'too-many-pixels'],
  ] as const)('name %s as %s', async (code, reason) => {
    const { waiting, run } = setUp();
    const refused = run(1);
    await settled();
    waiting[0]?.({ ok: false, code });
    expect((await refused).photos).toEqual([{ result: 'refused', reason }]);
  });
});
