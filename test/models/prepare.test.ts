import { cp, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Artifact, modelArtifact } from '../../models/artifacts.ts';
import { sha256 } from '../../models/file-stamp.ts';
import { MODEL_MANIFEST } from '../../models/manifest.ts';
import { PrepareError, type PrepareProgress, prepareModels } from '../../models/prepare/prepare.ts';
import { loadPrepared } from '../../models/prepared.ts';
import { withServer } from './http-server.ts';

const blazeface = modelArtifact(MODEL_MANIFEST.blazeface);
const PAYLOAD = Buffer.from('weights as they should be');
const DAY_MS = 24 * 60 * 60 * 1000;

let cacheDir: string;
let mirror: string;
beforeEach(async () => {
  cacheDir = await mkdtemp(path.join(tmpdir(), 'veriframe-cache-'));
  mirror = await mkdtemp(path.join(tmpdir(), 'veriframe-mirror-'));
});
afterEach(async () => {
  await rm(cacheDir, { recursive: true });
  await rm(mirror, { recursive: true });
});

/** A full-tier artifact that is a copy of a download. */
function optional(url: string): Artifact {
  return {
    ...modelArtifact(MODEL_MANIFEST.mobilefacenet),
    sources: [
      {
        sha256: sha256(PAYLOAD),
        bytes: PAYLOAD.length,
        from: { kind: 'download', url, fileName: 'weights.onnx' },
      },
    ],
  };
}

async function steps(options: Omit<Parameters<typeof prepareModels>[0], 'cacheDir' | 'onProgress'>) {
  const seen: PrepareProgress[] = [];
  const result = await prepareModels({ ...options, cacheDir, onProgress: (step) => seen.push(step) });
  return { result, last: Object.fromEntries(seen.map(({ id, step }) => [id, step])), seen };
}

describe('preparing base models', () => {
  it('makes a model, and a second run does nothing', async () => {
    const first = await steps({ artifacts: [blazeface] });
    expect(first.last).toEqual({ blazeface: 'made' });
    const file = first.result.models.blazeface!;
    const before = await stat(file);
    const second = await steps({ artifacts: [blazeface] });
    expect(second.seen).toEqual([{ id: 'blazeface', step: 'kept', done: 1, total: 1 }]);
    expect((await stat(file)).mtimeMs).toBe(before.mtimeMs);
    expect((await loadPrepared(cacheDir)).models).toEqual({ blazeface: file });
  });

  it('makes again what a changed converter, a damaged file or a missing index affects', async () => {
    await steps({ artifacts: [blazeface] });
    const changed = { ...blazeface, recipe: 'tfjs-graph@next' };
    expect((await steps({ artifacts: [changed] })).last).toEqual({ blazeface: 'made' });
    expect((await loadPrepared(cacheDir)).models).toEqual({});
    expect((await steps({ artifacts: [blazeface] })).last).toEqual({ blazeface: 'made' });

    await truncate(path.join(cacheDir, 'blazeface.onnx'), 1000);
    expect((await loadPrepared(cacheDir)).models).toEqual({});
    expect((await steps({ artifacts: [blazeface] })).last).toEqual({ blazeface: 'made' });

    await writeFile(path.join(cacheDir, 'index.json'), '{"format":');
    expect((await steps({ artifacts: [blazeface] })).last).toEqual({ blazeface: 'made' });
  });

  it('keeps a copied cache, although every time stamp changed', async () => {
    await steps({ artifacts: [blazeface] });
    const copy = path.join(mirror, 'copy');
    await cp(cacheDir, copy, { recursive: true });
    expect(Object.keys((await loadPrepared(copy)).models)).toEqual(['blazeface']);
  });

  it('detects another file of the same size', async () => {
    await steps({ artifacts: [blazeface] });
    const file = path.join(cacheDir, 'blazeface.onnx');
    const content = await readFile(file);
    content[content.length >> 1] ^= 0xff;
    await writeFile(file, content);
    expect((await loadPrepared(cacheDir)).models).toEqual({});
  });

  it('refuses a package file that is not the one in the manifest', async () => {
    const [json, binary] = blazeface.sources;
    const wrong = { ...blazeface, sources: [json, { ...binary, sha256: '0'.repeat(64) }] };
    const failure = prepareModels({ cacheDir, artifacts: [wrong] });
    await expect(failure).rejects.toThrow(PrepareError);
    await expect(failure).rejects.toMatchObject({ code: 'changed', id: 'blazeface' });
  });

  it('names a package that is not installed', async () => {
    const [json] = blazeface.sources;
    const from = { kind: 'package', packageName: '@veriframe/absent', path: 'models/x.json' } as const;
    const wrong = { ...blazeface, sources: [{ ...json, from }] };
    const failure = prepareModels({ cacheDir, artifacts: [wrong] });
    await expect(failure).rejects.toMatchObject({ code: 'not-installed' });
    await expect(failure).rejects.toThrow('@veriframe/absent');
  });

  it('two simultaneous runs leave a complete cache', async () => {
    const iris = modelArtifact(MODEL_MANIFEST.iris);
    await Promise.all([
      prepareModels({ cacheDir, artifacts: [blazeface, iris] }),
      prepareModels({ cacheDir, artifacts: [iris, blazeface] }),
    ]);
    const third = await steps({ artifacts: [blazeface, iris] });
    expect(Object.keys(third.result.models).toSorted()).toEqual(['blazeface', 'iris']);
    expect(Object.keys((await loadPrepared(cacheDir)).models).toSorted()).toEqual(['blazeface', 'iris']);
  });
});

describe('preparing optional models', () => {
  it('reads the mirror before the network', async () => {
    await writeFile(path.join(mirror, 'weights.onnx'), PAYLOAD);
    await withServer(
      (_, response) => response.end(PAYLOAD),
      async (url, requests) => {
        const { result } = await steps({ artifacts: [optional(url)], mirrorDir: mirror });
        expect(await readFile(result.models.mobilefacenet!)).toEqual(PAYLOAD);
        expect(result.notices).toEqual([]);
        expect(requests()).toBe(0);
      },
    );
  });

  it('refuses a mirror file of another hash with a notice', async () => {
    await writeFile(path.join(mirror, 'weights.onnx'), 'something else');
    const { result } = await steps({
      artifacts: [optional('http://127.0.0.1:9/')],
      mirrorDir: mirror,
      offline: true,
    });
    expect(result.models).toEqual({});
    expect(result.notices[0]).toMatch(/weights\.onnx in the mirror was refused/);
    expect(result.missing).toMatchObject([{ id: 'mobilefacenet', code: 'offline' }]);
  });

  it('downloads once and keeps the source for a changed converter', async () => {
    await withServer(
      (_, response) => response.end(PAYLOAD),
      async (url, requests) => {
        const artifact = optional(url);
        expect((await steps({ artifacts: [artifact] })).last).toEqual({ mobilefacenet: 'made' });
        expect((await steps({ artifacts: [artifact] })).last).toEqual({ mobilefacenet: 'kept' });
        const changed = { ...artifact, recipe: 'next' };
        expect((await steps({ artifacts: [changed], offline: true })).last).toEqual({
          mobilefacenet: 'made',
        });
        expect(requests()).toBe(1);
      },
    );
  });

  it('tries a failed download again only on request, or after a day', async () => {
    await withServer(
      (_, response) => response.writeHead(404).end(),
      async (url, requests) => {
        const artifacts = [optional(url)];
        const at = (ms: number) => ({ artifacts, now: () => 1_000_000 + ms });
        const first = await steps(at(0));
        expect(first.result.missing).toMatchObject([{ code: 'download-failed' }]);
        expect(first.result.notices).toEqual([
          `not available: mobilefacenet (the download failed: the server answered 404): ${artifacts[0].withoutIt}`,
        ]);
        const second = await steps(at(DAY_MS - 1));
        expect(second.result.missing).toMatchObject([{ code: 'failed-lately' }]);
        expect(requests()).toBe(1);
        await steps({ ...at(1000), retry: true });
        expect(requests()).toBe(2);
        await steps(at(1000 + DAY_MS));
        expect(requests()).toBe(3);
        await writeFile(path.join(mirror, 'weights.onnx'), PAYLOAD);
        const mirrored = await steps({ ...at(1000 + DAY_MS), mirrorDir: mirror });
        expect(mirrored.last).toEqual({ mobilefacenet: 'made' });
        expect(requests()).toBe(3);
      },
    );
  });

  it('sends no request when offline', async () => {
    await withServer(
      (_, response) => response.end(PAYLOAD),
      async (url, requests) => {
        const { result } = await steps({ artifacts: [optional(url)], offline: true });
        expect(result.notices).toHaveLength(1);
        expect(result.notices[0]).toMatch(/downloads are switched off/);
        expect(requests()).toBe(0);
      },
    );
  });

  it('reports a source that cannot be converted as missing, with the reason', async () => {
    const spec = MODEL_MANIFEST['minifasnet-v2'];
    const artifact = { ...modelArtifact(spec), sources: optional('http://127.0.0.1:9/').sources };
    await writeFile(path.join(mirror, 'weights.onnx'), PAYLOAD);
    const { result } = await steps({ artifacts: [artifact], mirrorDir: mirror });
    expect(result.missing).toMatchObject([{ id: 'minifasnet-v2', code: 'not-convertible' }]);
  });
});
