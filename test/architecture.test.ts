import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PARTS = ['server', 'client', 'protocol', 'models', 'bench', 'deploy', 'test'];
const HARD_LINE_LIMIT = 400;

interface SourceFile {
  /** Path from the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** Imported project files as root paths, and packages by name. */
  readonly imports: readonly string[];
}

function importsOf(path: string, text: string): string[] {
  const pattern =
    /(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s*['"]([^'"]+)['"]/g;
  return [...text.matchAll(pattern)].map((match) => {
    const specifier = match[1] ?? match[2] ?? match[3] ?? '';
    return specifier.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(path), specifier)) : specifier;
  });
}

const files: SourceFile[] = PARTS.flatMap((part) =>
  readdirSync(join(ROOT, part), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.m?ts$/.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name))),
).map((path) => {
  const text = readFileSync(join(ROOT, path), 'utf8');
  return { path, text, imports: importsOf(path, text) };
});

const under = (...folders: string[]) =>
  files.filter(({ path }) => folders.some((folder) => path.startsWith(`${folder}/`)));
const isPackage = (specifier: string, name: string) => specifier === name || specifier.startsWith(`${name}/`);

/** Imports of `sources` that `allowed` refuses, as `file → import`. */
const violations = (sources: readonly SourceFile[], allowed: (specifier: string, from: string) => boolean) =>
  sources.flatMap(({ path, imports }) =>
    imports.filter((specifier) => !allowed(specifier, path)).map((specifier) => `${path} → ${specifier}`),
  );

const isOurs = (specifier: string) => PARTS.some((part) => specifier.startsWith(`${part}/`));

describe('architecture', () => {
  it('sees the code it judges', () => {
    expect(files.length).toBeGreaterThan(50);
    expect(files.flatMap(({ imports }) => imports).filter(isOurs).length).toBeGreaterThan(100);
  });

  it('protocol imports nothing of ours', () => {
    expect(
      violations(under('protocol'), (specifier) => !isOurs(specifier) || specifier.startsWith('protocol/')),
    ).toEqual([]);
  });

  it('the pure core imports only the pure core, the protocol and the table of models', () => {
    const core = ['server/vision/', 'server/evidence/', 'server/decision/', 'server/session/'];
    const allowed = (specifier: string) =>
      [...core, 'protocol/', 'models/ids.ts', 'models/manifest.ts'].some((prefix) =>
        specifier.startsWith(prefix),
      ) || specifier === 'node:crypto';
    expect(violations(under(...core.map((folder) => folder.slice(0, -1))), allowed)).toEqual([]);
  });

  it('the pure core touches no clock, timer, randomness, thread, file or console', () => {
    const forbidden =
      /\b(Date\.now|new Date|performance\.|setTimeout|setInterval|setImmediate|Math\.random|randomBytes|randomUUID|getRandomValues|console\.|process\.|fetch\()/;
    const found = under('server/vision', 'server/evidence', 'server/decision', 'server/session')
      .filter(({ text }) => forbidden.test(text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')))
      .map(({ path }) => path);
    expect(found).toEqual([]);
  });

  it('the client never imports the server', () => {
    const allowed = (specifier: string) => !isOurs(specifier) || /^(client|protocol)\//.test(specifier);
    expect(violations(under('client'), allowed)).toEqual([]);
  });

  it('the server imports the client in one place, which hosts the demo', () => {
    const allowed = (specifier: string, from: string) =>
      !specifier.startsWith('client/') ||
      (from === 'server/demo.ts' && specifier === 'client/demo/backend/index.ts');
    expect(violations(under('server', 'protocol', 'models'), allowed)).toEqual([]);
  });

  it.each([
    ['uWebSockets.js', ['server/gateway/']],
    ['ws', ['server/gateway/', 'client/kiosk/']],
    ['better-sqlite3', ['server/store/', 'server/gallery/', 'client/demo/backend/']],
    ['sharp', ['server/inference/', 'client/kiosk/', 'models/evaluate/']],
    ['pino', ['server/observe/']],
    ['node:worker_threads', ['server/inference/', 'server/store/']],
  ])('%s is imported only under %s', (name, homes) => {
    const product = files.filter(({ path }) => !/^(test|bench)\//.test(path));
    expect(
      violations(
        product,
        (specifier, from) => !isPackage(specifier, name) || homes.some((home) => from.startsWith(home)),
      ),
    ).toEqual([]);
  });

  it('the server takes of the models only what is prepared, and their table', () => {
    const allowed = (specifier: string) =>
      !specifier.startsWith('models/') ||
      /^models\/(ids|manifest|prepared|package-root)\.ts$/.test(specifier);
    expect(violations(under('server'), allowed)).toEqual([]);
  });

  it('the whole table of settings reaches no part: each is given its share', () => {
    const whole = under('server').filter(({ text }) => /\bConfig\b|\breadConfig\b/.test(text));
    expect(whole.map(({ path }) => path).toSorted()).toEqual([
      'server/compose.ts',
      'server/config.ts',
      'server/main.ts',
      'server/part-settings.ts',
    ]);
    const compose = files.find(({ path }) => path === 'server/compose.ts');
    const uses = compose?.text.match(/\bconfig\b(?!\.ts)/g) ?? [];
    // The parameter, what is divided, and whether there is a demo.
    expect(uses.length).toBe(3);
  });

  it('ONNX Runtime is loaded in one place, which turns its telemetry off first', () => {
    const home = 'server/inference/onnx-runtime.ts';
    const isLibrary = (specifier: string) =>
      isPackage(specifier, 'onnxruntime-node') || isPackage(specifier, 'onnxruntime-common');
    expect(violations(files, (specifier, from) => !isLibrary(specifier) || from === home)).toEqual([]);
    expect(files.find(({ path }) => path === home)?.imports).toEqual([
      'server/inference/no-telemetry.ts',
      'onnxruntime-node',
    ]);
    // `require` and names put together are no imports that a pattern finds.
    const quoted = /['"`]onnxruntime-(?:node|common)(?![\w-])/;
    const speakers = files.filter(({ path, text }) => !/^(test|bench)\//.test(path) && quoted.test(text));
    expect(speakers.map(({ path }) => path)).toEqual([home]);
  });

  it('only main.ts sees both the gateway and the inference', () => {
    const seesBoth = files.filter(
      ({ path, imports }) =>
        path.startsWith('server/') &&
        imports.some((specifier) => specifier.startsWith('server/gateway/')) &&
        imports.some((specifier) => specifier === 'server/inference/pool.ts'),
    );
    expect(
      seesBoth
        .map(({ path }) => path)
        .filter((path) => path !== 'server/main.ts' && path !== 'server/compose.ts'),
    ).toEqual([]);
  });

  it('product code does not depend on tests or benches, but for the puppet that the ledger of attacks plays', () => {
    const allowed = (specifier: string, from: string) =>
      !/^(test|bench)\//.test(specifier) ||
      (from.startsWith('models/evaluate/pad/') && specifier.startsWith('test/support/puppet/'));
    expect(violations(under('server', 'client', 'protocol', 'models'), allowed)).toEqual([]);
  });

  it('every imported package is declared', () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<
      string,
      Record<string, string>
    >;
    const declared = new Set([
      ...Object.keys(manifest['dependencies'] ?? {}),
      ...Object.keys(manifest['devDependencies'] ?? {}),
    ]);
    const nameOf = (specifier: string) =>
      specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/');
    const allowed = (specifier: string) =>
      isOurs(specifier) || isBuiltin(specifier) || declared.has(nameOf(specifier));
    expect(violations(files, allowed)).toEqual([]);
  });

  it(`no file is longer than ${HARD_LINE_LIMIT} lines`, () => {
    expect(
      files.filter(({ text }) => text.split('\n').length > HARD_LINE_LIMIT).map(({ path }) => path),
    ).toEqual([]);
  });
});
