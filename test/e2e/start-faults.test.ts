import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { modelCacheDir } from '../../models/prepare/settings.ts';
import { availableTransports } from '../../server/gateway/transport-choice.ts';

const MAIN = fileURLToPath(new URL('../../server/main.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const GROUPS = '/sys/fs/cgroup/memory';
const transports = availableTransports().map(({ name }) => name);

describe('a server that cannot start', () => {
  const ends: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end();
  });

  function newFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'veriframe-faults-'));
    ends.push(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  }

  /** Starts a server. `before` runs in its process first, as a line of a shell. */
  async function start(env: Readonly<Record<string, string>>, before = 'true') {
    const child = spawn(
      'sh',
      ['-c', `${before}; exec "$0" "$@"`, process.execPath, '--import', 'tsx', MAIN],
      {
        cwd: ROOT,
        env: {
          PATH: process.env['PATH'],
          HOST: '127.0.0.1',
          PORT: '0',
          VERIFRAME_DATA_DIR: join(newFolder(), 'data'),
          VERIFRAME_MODEL_CACHE: modelCacheDir(),
          VERIFRAME_WORKERS: '1',
          VERIFRAME_LOG_LEVEL: 'silent',
          ...env,
        },
      },
    );
    ends.push(() => child.kill('SIGKILL'));
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      errors += part;
      if (errors.includes(' on http')) child.kill('SIGTERM');
    });
    const [code]: unknown[] = await once(child, 'close');
    return { code, errors };
  }

  /** One line that names the fault, what to do, and an exit code: no stack, and no part of the program. */
  async function refuses(env: Readonly<Record<string, string>>, words: string | RegExp, before?: string) {
    const { code, errors } = await start(env, before);
    expect(errors).toMatch(/^veriframe: [^\n]+[.)]\n$/);
    expect(errors).toMatch(words);
    expect(errors).not.toMatch(/\bat [\w.]+ \(|node:internal|Error:/);
    expect(code).toBe(1);
  }

  async function occupied(): Promise<string> {
    const server: Server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    ends.push(() => server.close());
    const address = server.address();
    return String(typeof address === 'object' ? address?.port : '');
  }

  it.each(
    transports,
  )('says that its port is taken, or its address is not of this machine (%s)', async (name) => {
    const PORT = await occupied();
    await refuses(
      { PORT, VERIFRAME_TRANSPORT: name },
      `Cannot listen on 127.0.0.1:${PORT}: something else listens there: stop it, or set PORT to another port.`,
    );
    await refuses(
      { HOST: '2001:db8::7', PORT: '8080', VERIFRAME_TRANSPORT: name },
      /Cannot listen on \[2001:db8::7\]:8080: .*set HOST to one/,
    );
  });

  it('says that its master key is another one, or is none', async () => {
    const dataDir = newFolder();
    const key = (byte: number) => Buffer.alloc(32, byte).toString('base64');
    const { code } = await start({ VERIFRAME_DATA_DIR: dataDir, VERIFRAME_MASTER_KEY: key(1) });
    expect(code).toBe(0);
    await refuses(
      { VERIFRAME_DATA_DIR: dataDir, VERIFRAME_MASTER_KEY: key(2) },
      'The master key does not belong to this store. Name the key that it was made with',
    );
    await refuses({ VERIFRAME_MASTER_KEY: 'c2hvcnQ=' }, 'VERIFRAME_MASTER_KEY');
  });

  it('says that its data folder is no folder, cannot be written, or holds no database', async () => {
    const folder = newFolder();
    const file = join(folder, 'file');
    writeFileSync(file, '');
    await refuses({ VERIFRAME_DATA_DIR: file }, `${file}: there is something else of this name`);
    await refuses({ VERIFRAME_DATA_DIR: join(file, 'data') }, 'is a file and no folder');
    const damaged = join(folder, 'damaged');
    mkdirSync(damaged);
    writeFileSync(join(damaged, 'veriframe.db'), 'not what SQLite writes'.repeat(100));
    await refuses({ VERIFRAME_DATA_DIR: damaged }, /damaged.*file is not a database/);
  });

  it.each([
    ['full', 'size=64k', /no room left|disk is full/],
    ['read-only', 'ro', /file system that cannot be written/],
  ])('says that the disk is %s', async (_what, options, words) => {
    const folder = newFolder();
    const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]).status === 0;
    if (isMounted) ends.push(() => spawnSync('umount', [folder]));
    expect.soft(isMounted || process.getuid?.() !== 0).toBe(true);
    if (isMounted) await refuses({ VERIFRAME_DATA_DIR: folder }, words);
  });

  it('says that its keys, its recordings or its models are not where they should be', async () => {
    const folder = newFolder();
    const keys = join(folder, 'keys.json');
    await refuses({ VERIFRAME_API_KEYS_FILE: keys }, `${keys}: it does not exist`);
    writeFileSync(keys, '{"keys": ');
    await refuses({ VERIFRAME_API_KEYS_FILE: keys }, `The API keys in ${keys} cannot be read.`);
    await refuses({ VERIFRAME_RECORD_SESSIONS_TO: join(keys, 'below') }, 'is a file and no folder');
    await refuses({ VERIFRAME_MODEL_CACHE: folder }, /Needed models are missing: .*npm run models/);
  });

  it('says that there is too little memory, and starts no more workers than there is memory for', async (test) => {
    const group = join(GROUPS, `veriframe-${process.pid}`);
    try {
      mkdirSync(group);
    } catch {
      test.skip(true, 'groups with a memory limit (cgroup v1) can be made only by root');
    }
    ends.push(async () => {
      await expect.poll(() => spawnSync('rmdir', [group]).status).toBe(0);
    });
    const enter = `echo $$ > ${group}/cgroup.procs`;
    const limit = (mib: number) => writeFileSync(join(group, 'memory.limit_in_bytes'), String(mib * 2 ** 20));
    limit(300);
    await refuses({}, 'There are 300 MiB of memory for this process', enter);
    limit(700);
    const { code, errors } = await start({ VERIFRAME_WORKERS: '0' }, enter);
    expect(code).toBe(0);
    expect(errors).toMatch(/^ {2}workers {4}1 \(/m);
  });
});
