import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NOT_OURS = new Set(['.git', '.cache', 'coverage', 'data', 'dist', 'node_modules', 'reports']);

interface Manifest {
  readonly allowScripts: Readonly<Record<string, boolean>>;
}
interface Lock {
  readonly packages: Readonly<Record<string, { readonly hasInstallScript?: boolean }>>;
}

function jsonFiles(folder = ROOT): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return jsonFiles(path);
    return entry.isFile() && entry.name.endsWith('.json') ? [path] : [];
  });
}

/** Keys that occur twice in one object. `JSON.parse` takes the last of them without an error. */
function repeatedKeys(json: string): string[] {
  const repeated: string[] = [];
  const open: Set<string>[] = [];
  for (const [token, key] of json.matchAll(/("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (key !== undefined) {
      const seen = open.at(-1);
      if (seen?.has(key)) repeated.push(key);
      seen?.add(key);
    }
  }
  return repeated;
}

function readJson<T>(name: string): T {
  return JSON.parse(readFileSync(join(ROOT, name), 'utf8')) as T;
}

describe('JSON files of this project', () => {
  it('have no key twice in one object', () => {
    expect(repeatedKeys('{"a": {"b": 1, "b\\"": ":"}, "c": [{"a": 1}, {"a": "a"}], "a": 2}')).toEqual([
      '"a"',
    ]);
    const files = jsonFiles();
    expect(files.map((path) => relative(ROOT, path))).toContain('package.json');
    const found = files.flatMap((path) => {
      const text = readFileSync(path, 'utf8');
      JSON.parse(text);
      return repeatedKeys(text).map((key) => `${relative(ROOT, path)}: ${key}`);
    });
    expect(found).toEqual([]);
  });
});

describe('install scripts of dependencies', () => {
  const { allowScripts } = readJson<Manifest>('package.json');
  const { packages } = readJson<Lock>('package-lock.json');
  const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const withScript = Object.entries(packages).flatMap(([path, { hasInstallScript }]) =>
    hasInstallScript === true ? [nameOf(path)] : [],
  );

  it('are each allowed or refused by name, and nothing else is', () => {
    expect(withScript.length).toBeGreaterThan(3);
    // Refused there as well; see the test below.
    expect(Object.keys(allowScripts).toSorted()).toEqual([...withScript, 'onnxruntime-node'].toSorted());
  });

  it('that download CUDA libraries run under no npm: older versions ignore allowScripts and use the lock file', () => {
    expect(allowScripts['onnxruntime-node']).toBe(false);
    expect(Object.keys(packages)).toContain('node_modules/onnxruntime-node');
    // npm may add the line `"hasInstallScript": true` again when dependencies change. Remove it then.
    expect(withScript).not.toContain('onnxruntime-node');
  });
});

describe('.npmrc', () => {
  it('contains only settings that npm knows', () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'veriframe-npm-'));
    try {
      const script = process.env['npm_execpath'];
      const [command, first] = script ? [process.execPath, [script]] : ['npm', []];
      const { stdout, error } = spawnSync(command, [...first, 'config', 'list', '--long', '--json'], {
        cwd: elsewhere,
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], HOME: elsewhere },
        shell: process.platform === 'win32',
      });
      expect(error).toBeUndefined();
      const known = Object.keys(JSON.parse(stdout) as object);
      const keys = readFileSync(join(ROOT, '.npmrc'), 'utf8')
        .split('\n')
        .flatMap((line) => /^\s*([^#;=\s]+)/.exec(line)?.[1] ?? []);
      expect(keys.length).toBeGreaterThan(0);
      expect(keys.filter((key) => !known.includes(key))).toEqual([]);
    } finally {
      rmSync(elsewhere, { recursive: true, force: true });
    }
  });
});
