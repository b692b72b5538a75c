import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type BuiltFile,
  buildClient,
  GZIP_BUDGET_BYTES,
  HELP_WORKER,
  WHOLE,
} from '../../tools/build/browser.ts';
import { FaceAuth } from '../../client/browser/element/face-auth.ts';

const ELEMENT = fileURLToPath(new URL('../../client/browser/element/', import.meta.url));

describe('client build', () => {
  let folder: string;
  let files: readonly BuiltFile[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'veriframe-client-'));
    files = await buildClient(folder);
  });

  it(`stays within ${GZIP_BUDGET_BYTES} bytes of gzip for SDK, element and worker together`, () => {
    const loaded = files.filter(({ name }) => name !== HELP_WORKER);
    const parts = loaded.filter(({ name }) => name !== WHOLE);
    const whole = loaded.filter(({ name }) => name === WHOLE || name === 'encode-worker.js');
    for (const counted of [parts, whole]) {
      const together = counted.reduce((sum, { gzipBytes }) => sum + gzipBytes, 0);
      expect(together).toBeGreaterThan(10_000);
      expect(together).toBeLessThanOrEqual(GZIP_BUDGET_BYTES);
    }
  });

  it('builds the files that a page needs, and the same files when it is built again', async () => {
    const made = await readdir(folder);
    expect(made).toEqual(
      expect.arrayContaining([
        'face-auth.js',
        'sdk.js',
        'element.js',
        'encode-worker.js',
        'inter.css',
        'fonts',
      ]),
    );
    await buildClient(folder);
    expect(await readdir(folder)).toEqual(made);
  });

  it('generates no code at run time and loads nothing from other origins', async () => {
    for (const { name } of files) {
      const code = await readFile(join(folder, name), 'utf8');
      expect(code).not.toMatch(/\beval\(|new Function\b|[^.\w]Function\(/);
      if (name !== HELP_WORKER) expect(code).not.toContain('FaceLandmarker');
      expect(code.match(/(?:from|import\()\s*"[^."][^"]*"/g) ?? []).toEqual([]);
    }
    expect(await readFile(join(folder, 'inter.css'), 'utf8')).not.toMatch(/url\((?!\.\/fonts\/)/);
  });
});

interface Named {
  readonly name: string;
}
interface Manifest {
  readonly modules: readonly {
    readonly declarations: readonly (Readonly<
      Record<'attributes' | 'events' | 'slots' | 'cssParts' | 'cssProperties', readonly Named[]>
    > & { readonly members: readonly (Named & { readonly kind: string })[] })[];
  }[];
}

describe('custom elements manifest', () => {
  const read = (file: string) => readFile(join(ELEMENT, file), 'utf8');
  const declared = async (
    list: 'attributes' | 'events' | 'slots' | 'cssParts' | 'cssProperties' | 'members',
  ) => {
    const manifest = JSON.parse(await read('custom-elements.json')) as Manifest;
    const entries: readonly Named[] = manifest.modules[0]?.declarations[0]?.[list] ?? [];
    return entries.map(({ name }) => name).toSorted();
  };
  /** Every first group of `pattern` in the element's sources, once. */
  const inSource = async (pattern: RegExp) => {
    const sources = (await readdir(ELEMENT, { recursive: true })).filter((name) => name.endsWith('.ts'));
    const text = (await Promise.all(sources.map(read))).join('\n');
    return [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ''))].toSorted();
  };

  it('names every attribute', async () => {
    expect(await declared('attributes')).toEqual(FaceAuth.observedAttributes.toSorted());
  });
  it('names every event', async () => {
    const details = /interface FaceAuthEventDetails \{([^}]*(?:\}[^}]*)*?)\n\}/.exec(
      await read('events.ts'),
    )?.[1];
    const names = [...(details ?? '').matchAll(/^ {2}(\w+):/gm)].map((match) => match[1]);
    expect(names.length).toBeGreaterThan(5);
    expect(await declared('events')).toEqual(names.toSorted());
  });
  it('names every slot', async () => {
    expect(await declared('slots')).toEqual(await inSource(/<slot name="([\w-]+)"/g));
  });
  it('names every part', async () => {
    expect(await declared('cssParts')).toEqual(await inSource(/\bpart="([\w-]+)"/g));
  });
  it('names every custom property', async () => {
    expect(await declared('cssProperties')).toEqual(await inSource(/var\((--face-auth-[\w-]+)/g));
  });
  it('names every public member', async () => {
    const source = await read('face-auth.ts');
    const fields = [...source.matchAll(/^ {2}declare (\w+):/gm)].map((match) => match[1] ?? '');
    const methods = [...source.matchAll(/^ {2}(\w+)\(\): void \{/gm)].map((match) => match[1] ?? '');
    expect(await declared('members')).toEqual([...fields, ...methods].toSorted());
  });
});
