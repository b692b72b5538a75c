import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PARTS = ['server', 'client', 'protocol', 'models', 'simulator', 'bench', 'tools', 'test'];
const HARD_LINE_LIMIT = 400;

interface SourceFile {
  /** Path from the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** Imported project files as root paths, and packages by name. */
  readonly imports: readonly string[];
}

/** Packages of this repository, by the folders that they are made from. */
const WORKSPACES: Readonly<Record<string, string>> = {
  '@veriframe/protocol': 'protocol',
  '@veriframe/browser': 'client/browser',
  '@veriframe/backend': 'client/backend',
  '@veriframe/kiosk': 'client/kiosk',
};

/** The source of an entry point of one of our packages; every other specifier as it is. */
function sourceOf(specifier: string): string {
  const [scope = '', name = '', ...entry] = specifier.split('/');
  const folder = WORKSPACES[`${scope}/${name}`];
  if (folder === undefined) return specifier;
  const manifest = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as {
    exports: Record<string, { 'veriframe-source': string } | undefined>;
  };
  const found = manifest.exports[['.', ...entry].join('/')];
  if (found === undefined) throw new Error(`${specifier} is no entry point of its package.`);
  return join(folder, found['veriframe-source']);
}

function importsOf(path: string, text: string): string[] {
  const pattern =
    /(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s*['"]([^'"]+)['"]/g;
  return [...text.matchAll(pattern)].map((match) => {
    const specifier = match[1] ?? match[2] ?? match[3] ?? '';
    return specifier.startsWith('.')
      ? relative(ROOT, resolve(ROOT, dirname(path), specifier))
      : sourceOf(specifier);
  });
}

const files: SourceFile[] = PARTS.flatMap((part) =>
  readdirSync(join(ROOT, part), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.m?ts$/.test(entry.name) && !entry.parentPath.includes('/dist'))
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

/** Rooms without socket, clock, thread, file or chance: the same events give the same decision. */
const PURE_ROOMS = [
  'server/policy',
  'server/vision',
  'server/evidence',
  'server/matching',
  'server/decision',
  'server/session',
];
/** May import every room of `ARROWS`, and each other from right to left. */
const FREE_ROOMS = ['simulator', 'models/prepare', 'models/evaluate', 'models/train', 'bench', 'tools'];

/**
 * What each room imports: no more and no less. A room is a folder of the product or of the server; `server` alone is
 * the three files at its root, `models` the table of models and what is prepared.
 */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  'client/browser': ['protocol'],
  'client/backend': ['protocol'],
  'client/kiosk': ['protocol', 'client/backend'],
  'client/demo': ['protocol', 'client/browser', 'client/backend'],
  'models/convert': [],
  models: ['models/convert'],
  'server/policy': ['protocol'],
  'server/vision': ['models'],
  'server/evidence': ['protocol', 'models', 'server/policy', 'server/vision'],
  'server/matching': ['models', 'server/policy', 'server/vision', 'server/evidence'],
  'server/decision': ['protocol', 'server/policy', 'server/evidence', 'server/matching'],
  'server/session': ['protocol', 'models', ...PURE_ROOMS.slice(0, -1)],
  'server/time': [],
  'server/identity': ['protocol', 'server/decision', 'server/session', 'server/time'],
  'server/inference': ['protocol', 'models', 'server/vision'],
  'server/settings': ['server/inference'],
  'server/observe': [
    'protocol',
    'models',
    'server/policy',
    'server/vision',
    'server/matching',
    'server/decision',
    'server/session',
    'server/time',
    'server/identity',
  ],
  'server/store': [
    'protocol',
    'models',
    'server/vision',
    'server/matching',
    'server/decision',
    'server/identity',
  ],
  'server/sessions': [
    'protocol',
    'server/policy',
    'server/vision',
    'server/matching',
    'server/decision',
    'server/session',
    'server/time',
    'server/identity',
    'server/inference',
    'server/observe',
    'server/store',
  ],
  'server/subjects': [
    'protocol',
    'models',
    'server/policy',
    'server/vision',
    'server/evidence',
    'server/matching',
    'server/session',
    'server/time',
    'server/inference',
    'server/observe',
    'server/store',
    'server/sessions',
  ],
  'server/api': [
    'protocol',
    'models',
    'server/policy',
    'server/session',
    'server/time',
    'server/identity',
    'server/observe',
    'server/store',
    'server/sessions',
    'server/subjects',
  ],
  'server/gateway': ['protocol', 'server/evidence', 'server/session', 'server/time', 'server/observe'],
  'server/mounts': [
    'protocol',
    'client/demo',
    'models',
    'server/policy',
    'server/time',
    'server/identity',
    'server/settings',
    'server/api',
    'server/gateway',
  ],
  'server/lifecycle': [],
  server: [
    'protocol',
    'models',
    'server/time',
    'server/lifecycle',
    'server/identity',
    'server/inference',
    'server/settings',
    'server/observe',
    'server/store',
    'server/sessions',
    'server/subjects',
    'server/api',
    'server/gateway',
    'server/mounts',
  ],
};

/** The room that a file lies in, by its path from the root. */
function roomOf(path: string): string {
  const [top = '', next = '', ...rest] = path.split('/');
  if (rest.length > 0 && ['server', 'client'].includes(top)) return `${top}/${next}`;
  if (top === 'models' && ['convert', 'prepare', 'evaluate', 'train'].includes(next)) return `models/${next}`;
  return top;
}

type Rows = Readonly<Record<string, readonly string[]>>;

const sortedRows = (rows: Rows): Rows =>
  Object.fromEntries(Object.entries(rows).map(([room, others]) => [room, others.toSorted()]));

/** For each room of `sources` the rooms it imports. */
function arrowsOf(sources: readonly SourceFile[]): Rows {
  const arrows: Record<string, Set<string>> = {};
  for (const { path, imports } of sources) {
    const found = (arrows[roomOf(path)] ??= new Set());
    for (const specifier of imports.filter(isOurs))
      if (roomOf(specifier) !== roomOf(path)) found.add(roomOf(specifier));
  }
  return sortedRows(Object.fromEntries(Object.entries(arrows).map(([room, found]) => [room, [...found]])));
}

/** Rooms that cannot be put into an order in which each imports only earlier ones. */
function circlesIn(arrows: Rows): readonly string[] {
  const rooms = new Set([...Object.keys(arrows), ...Object.values(arrows).flat()]);
  for (let wasFree = true; wasFree; ) {
    const free = [...rooms].filter((room) => !(arrows[room] ?? []).some((other) => rooms.has(other)));
    for (const room of free) rooms.delete(room);
    wasFree = free.length > 0;
  }
  return [...rooms].toSorted();
}

describe('architecture', () => {
  it('sees the code it judges', () => {
    expect(files.length).toBeGreaterThan(50);
    expect(files.flatMap(({ imports }) => imports).filter(isOurs).length).toBeGreaterThan(100);
  });

  it('every room imports exactly the rooms that its row names', () => {
    expect(arrowsOf(files.filter(({ path }) => roomOf(path) in ARROWS))).toEqual(sortedRows(ARROWS));
  });

  it('rooms that measure, evaluate, train or set up import what they like, but no test', () => {
    const allowed = (specifier: string) => !specifier.startsWith('test/');
    expect(violations(under(...FREE_ROOMS), allowed)).toEqual([]);
  });

  it('no two rooms import each other, not even through others', () => {
    expect(circlesIn(arrowsOf(files))).toEqual([]);
    expect(circlesIn({ a: ['b'], b: ['c'], c: ['a'], d: ['a'] })).toEqual(['a', 'b', 'c', 'd']);
  });

  it('the pure core touches no clock, timer, randomness, thread, file or console', () => {
    const forbidden =
      /\b(Date\.now|new Date|performance\.|setTimeout|setInterval|setImmediate|Math\.random|randomBytes|randomUUID|getRandomValues|console\.|process\.|fetch\()/;
    const found = under(...PURE_ROOMS)
      .filter(({ text }) => forbidden.test(text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')))
      .map(({ path }) => path);
    expect(found).toEqual([]);
  });

  it.each([
    ['uWebSockets.js', ['server/gateway/']],
    ['ws', ['server/gateway/', 'client/kiosk/']],
    ['better-sqlite3', ['server/store/', 'server/subjects/gallery/', 'client/demo/backend/']],
    ['sharp', ['server/inference/', 'client/kiosk/', 'models/evaluate/', 'simulator/', 'tools/']],
    ['pino', ['server/observe/']],
    ['@simplewebauthn/server', ['server/identity/']],
    ['@simplewebauthn/browser', ['client/browser/sdk/']],
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

  it('nothing but three files lies at the root of the server', () => {
    const atRoot = under('server').filter(({ path }) => path.split('/').length === 2);
    expect(atRoot.map(({ path }) => path)).toEqual([
      'server/compose.ts',
      'server/config.ts',
      'server/main.ts',
    ]);
  });

  it('no room but the settings themselves sees how they are divided: each declares those that it takes', () => {
    const parts = 'server/settings/parts.ts';
    const sees = under('server').filter(({ imports }) => imports.includes(parts));
    expect(sees.map(({ path }) => path)).toEqual(['server/compose.ts', 'server/config.ts']);
  });

  it('the whole table of settings reaches no part: each is given its share', () => {
    const whole = under('server').filter(({ text }) => /\bConfig\b|\breadConfig\b/.test(text));
    expect(whole.map(({ path }) => path).toSorted()).toEqual([
      'server/compose.ts',
      'server/config.ts',
      'server/main.ts',
      'server/settings/options.ts',
      'server/settings/parts.ts',
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

  it('every imported package is declared by the package that imports it', () => {
    const declaredBy = (folder: string) => {
      const manifest = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Record<
        string,
        Record<string, string> | undefined
      >;
      return new Set(
        ['dependencies', 'devDependencies'].flatMap((kind) => Object.keys(manifest[kind] ?? {})),
      );
    };
    const homes = Object.values(WORKSPACES);
    const declared = new Map(['', ...homes].map((home) => [home, declaredBy(home)]));
    const homeOf = (path: string) => homes.find((home) => path.startsWith(`${home}/`)) ?? '';
    const nameOf = (specifier: string) =>
      specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/');
    const allowed = (specifier: string, from: string) =>
      isOurs(specifier) ||
      isBuiltin(specifier) ||
      declared.get(homeOf(from))?.has(nameOf(specifier)) === true;
    // Texts of programs that projects of others run.
    const own = files.filter(({ path }) => path !== 'test/packages/consumers.test.ts');
    expect(violations(own, allowed)).toEqual([]);
  });

  it(`no file is longer than ${HARD_LINE_LIMIT} lines`, () => {
    expect(
      files.filter(({ text }) => text.split('\n').length > HARD_LINE_LIMIT).map(({ path }) => path),
    ).toEqual([]);
  });
});
