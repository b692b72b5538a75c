import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/*
 * `npm start`, `npm test` and the Dockerfile install packages with `tools/packages.mjs`. These tests run it under each
 * supported npm. Packages come from the registry of this machine's npm settings; without a registry the tests are
 * skipped.
 */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The files that an installation reads. */
const NEEDED = ['package.json', 'package-lock.json', '.npmrc', 'tools/packages.mjs', 'tools/object-wrap.h'];
/** npm 12 needs a newer Node than this project; that Node is installed as a package too. */
const NEWER_NODE = `node-${process.platform}-${process.arch}@24`;
/**
 * Loads the add-ons that an install script makes or checks. One of them is compiled where no binary can be downloaded.
 */
const LOADS = `
  new (require('better-sqlite3'))(':memory:').close();
  require('@julusian/jpeg-turbo');
  require('onnxruntime-node');
`;
const INSTALL_LIMIT_MS = 1_200_000;

const execute = promisify(execFile);

/** Runs the caller's npm with its settings. */
async function npm(...args: readonly string[]): Promise<string> {
  return (await execute('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'])).stdout.trim();
}

/** The caller's settings that reach the registry. Other settings are left out, because npm 12 refuses unknown ones. */
async function registryOnly(): Promise<Record<string, string>> {
  const names = ['registry', 'cafile', 'cache'];
  const values = await Promise.all(names.map((name) => npm('config', 'get', name)));
  const set = names.flatMap((name, index) => {
    const value = values[index] ?? '';
    return ['', 'null', 'undefined'].includes(value) ? [] : [[`npm_config_${name}`, value]];
  });
  return Object.fromEntries(set) as Record<string, string>;
}

describe('an installation', () => {
  let scratch: string;
  let settings: Record<string, string>;
  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'veriframe-npm-'));
    settings = await registryOnly();
  });
  afterAll(() => rm(scratch, { recursive: true, force: true }));

  it.for([
    { version: '10', node: null },
    { version: '11', node: null },
    { version: '12', node: NEWER_NODE },
  ])(
    'works under npm $version, which warns of nothing',
    { timeout: INSTALL_LIMIT_MS },
    async ({ version, node }, { skip }) => {
      const tools = join(scratch, `tools-${version}`);
      const wanted = [`npm@${version}`, ...(node === null ? [] : [node])];
      await npm('install', '--prefix', tools, '--ignore-scripts', ...wanted).catch(() =>
        skip(`${wanted.join(' and ')} cannot be had here`),
      );
      const program =
        node === null
          ? process.execPath
          : join(tools, 'node_modules', node.slice(0, node.indexOf('@')), 'bin/node');
      const cli = join(tools, 'node_modules/npm/bin/npm-cli.js');
      const folder = join(scratch, `with-${version}`);
      await mkdir(join(folder, 'tools'), { recursive: true });
      for (const file of NEEDED) await cp(join(ROOT, file), join(folder, file));
      const env = {
        ...settings,
        PATH: `${dirname(program)}:${process.env['PATH']}`,
        HOME: scratch,
        npm_execpath: cli,
        npm_config_userconfig: join(scratch, 'none'),
      };
      const options = { cwd: folder, env };

      const { stderr } = await execute(program, [cli, 'config', 'get', 'fund'], options);
      expect(stderr).toBe('');
      await execute(program, ['tools/packages.mjs', '--omit=dev'], options);
      await execute(program, ['-e', LOADS], options);
      const lock = JSON.parse(
        await readFile(join(folder, 'node_modules/.package-lock.json'), 'utf8'),
      ) as object;
      expect(lock).toHaveProperty(['packages', 'node_modules/onnxruntime-node']);
      await rm(folder, { recursive: true, force: true });
    },
  );
});
