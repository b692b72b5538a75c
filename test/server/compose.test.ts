import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { modelCacheDir } from '../../models/prepare/settings.ts';
import { startServer } from '../../server/compose.ts';
import { readConfig } from '../../server/config.ts';
import { OpenParts } from '../../server/lifecycle/open-parts.ts';
import { lockDataFolder } from '../../server/store/sqlite/folder-lock.ts';
import { preparedModels } from '../vision/support.ts';

describe('a start that fails', () => {
  const taken = createServer();
  let folder: string;
  let dataDir: string;
  let file: string;
  beforeAll(async () => {
    await preparedModels();
    await new Promise<void>((resolve) => void taken.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => new Promise((resolve) => void taken.close(resolve)));
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'veriframe-start-'));
    dataDir = join(folder, 'data');
    file = join(folder, 'file');
    await writeFile(file, '');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Sockets, pipes, processes and threads that keep this process running. */
  const running = () =>
    process
      .getActiveResourcesInfo()
      .filter((kind) => /TCP|Pipe|Process|MessagePort|Worker/.test(kind))
      .toSorted();

  it.each([
    ['data folder', () => ({ VERIFRAME_DATA_DIR: join(file, 'data') }), /ENOTDIR/],
    ['inference', () => ({ VERIFRAME_MODEL_CACHE: join(folder, 'nothing') }), /Needed models are missing/],
    ['identity', () => ({ VERIFRAME_API_KEYS_FILE: file }), /API keys/],
    ['store', () => ({ VERIFRAME_MASTER_KEY_FILE: file }), /is empty|holds a secret/],
    ['recordings', () => ({ VERIFRAME_RECORD_SESSIONS_TO: join(file, 'below') }), /ENOTDIR/],
    ['demo', () => ({ VERIFRAME_DEMO: 'on', VERIFRAME_DEMO_PAGES: join(folder, 'none') }), /pages/],
    ['port', () => ({ VERIFRAME_TRANSPORT: 'ws', PORT: portOf(taken) }), /something else listens there/],
  ])('for its %s says why and leaves nothing running', async (_part, env, message) => {
    const before = running();
    const config = readConfig({
      HOST: '127.0.0.1',
      PORT: '0',
      VERIFRAME_WORKERS: '1',
      VERIFRAME_DATA_DIR: dataDir,
      VERIFRAME_MODEL_CACHE: modelCacheDir(),
      ...env(),
    });
    await expect(startServer(config, pino({ level: 'silent' }))).rejects.toThrow(message);
    await expect.poll(running).toEqual(before);
    // Another server may take the folder at once.
    if (config.dataDir === dataDir) lockDataFolder(dataDir).release();
  });
});

const portOf = (server: ReturnType<typeof createServer>) => String((server.address() as AddressInfo).port);

describe('open parts', () => {
  const closed: string[] = [];
  const part = (name: string, failure?: Error) => ({
    async close() {
      await Promise.resolve();
      closed.push(name);
      if (failure !== undefined) throw failure;
    },
  });
  beforeEach(() => void closed.splice(0));

  it('are closed one after the other, the last one first, and once', async () => {
    const parts = new OpenParts();
    for (const name of ['a', 'b', 'c']) parts.add(part(name));
    void parts.close();
    await parts.close();
    expect(closed).toEqual(['c', 'b', 'a']);
    await parts.close();
    expect(closed).toHaveLength(3);
  });

  it('are all closed although some of them fail to, and the failures are told', async () => {
    const parts = new OpenParts();
    const [first, second] = [new Error('first'), new Error('second')];
    parts.add(part('a'));
    parts.add(part('b', second));
    parts.add(part('c'));
    parts.add(part('d', first));
    const failure: unknown = await parts.close().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(AggregateError);
    expect((failure as AggregateError).errors).toEqual([first, second]);
    expect(closed).toEqual(['d', 'c', 'b', 'a']);
  });
});
