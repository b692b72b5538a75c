import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { startServer } from '../../server/compose.ts';
import { forgetSecrets, OPTIONS, readConfig } from '../../server/config.ts';
import { generateApiKey } from '../../server/identity/api-keys.ts';
import { createObservation } from '../../server/observe/observation.ts';
import { divideSettings, PARTS, readSettingsOf, type Part } from '../../server/settings/parts.ts';
import { modelCacheDir } from '../../models/prepare/settings.ts';
import { preparedModels } from '../vision/support.ts';

/** Values that are found again wherever they get. */
const SECRETS = {
  VERIFRAME_MASTER_KEY: Buffer.from('recognise this master key, 32 by').toString('base64'),
  VERIFRAME_METRICS_TOKEN: 'recognise-this-metrics-token',
  VERIFRAME_DEMO_API_KEY: 'vf_recognise-this-demo-key-0000000000000000',
};
const MAY_HOLD: Readonly<Record<keyof typeof SECRETS, Part>> = {
  VERIFRAME_MASTER_KEY: 'store',
  VERIFRAME_METRICS_TOKEN: 'observation',
  VERIFRAME_DEMO_API_KEY: 'demo',
};

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

describe('settings of a part', () => {
  it('are of the table, and every setting of the table is some part’s', () => {
    const given = new Set<string>(Object.values(PARTS).flat());
    expect([...given].toSorted()).toEqual(Object.keys(OPTIONS).toSorted());
    const shares = divideSettings(readConfig({}));
    for (const [part, names] of Object.entries(PARTS))
      expect(Object.keys(shares[part as Part]).toSorted()).toEqual(['part', ...names].toSorted());
  });

  it('hold no secret but the one that the part checks with', () => {
    const secretNames = Object.values(OPTIONS).flatMap((option) => ('secret' in option ? [option.env] : []));
    expect(secretNames.toSorted()).toEqual(Object.keys(SECRETS).toSorted());
    const shares = divideSettings(readConfig({ ...SECRETS, VERIFRAME_METRICS: 'token' }));
    for (const [name, secret] of Object.entries(SECRETS)) {
      const holders = Object.values(shares).filter((share) => JSON.stringify(share).includes(secret));
      expect(holders.map(({ part }) => part)).toEqual([MAY_HOLD[name as keyof typeof SECRETS]]);
    }
  });

  it('are taken from nobody who has the whole table', () => {
    const others = {
      clock: { nowMs: () => 0, wallMs: () => 0, setTimer: () => () => {} },
      context: { models: { embeddings: [], pad: [] } },
      analyzer: { workers: 1, busyWorkers: 0, queueDepth: 0 },
      openSessions: () => 0,
      reportFault: () => {},
    };
    // @ts-expect-error -- this is what the compiler refuses
    createObservation({ ...others, settings: readConfig({}) }).close();
  });

  it('are read alone, so that another part’s mistake does not keep a program from its work', () => {
    expect(readSettingsOf('models', { PORT: 'eighty', VERIFRAME_OFFLINE: '1' })).toEqual({
      part: 'models',
      modelCache: '',
      modelMirror: '',
      offline: '1',
    });
    expect(() => readSettingsOf('models', { VERIFRAME_OFFLINE: 'perhaps' })).toThrow('VERIFRAME_OFFLINE');
    expect(() => readSettingsOf('models', { VERIFRAME_OFLINE: '1' })).toThrow(
      'did you mean VERIFRAME_OFFLINE?',
    );
  });

  it('that are secret are gone from the environment once they are read', () => {
    const env: Record<string, string | undefined> = { ...SECRETS, PORT: '0' };
    forgetSecrets(env);
    expect(env).toEqual({ PORT: '0' });
  });
});

describe('a server with secrets', () => {
  it('writes none of them into its log, its answers or its errors', async () => {
    await preparedModels();
    const folder = await mkdtemp(join(tmpdir(), 'veriframe-secrets-'));
    folders.push(folder);
    const { key: apiKey, record } = generateApiKey('default');
    const keysFile = join(folder, 'keys.json');
    await writeFile(keysFile, JSON.stringify({ keys: [record] }), { mode: 0o600 });
    let log = '';
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        log += chunk.toString('utf8');
        done();
      },
    });
    const config = readConfig({
      ...SECRETS,
      HOST: '127.0.0.1',
      PORT: '0',
      VERIFRAME_WORKERS: '1',
      VERIFRAME_METRICS: 'token',
      VERIFRAME_DATA_DIR: join(folder, 'data'),
      VERIFRAME_MODEL_CACHE: modelCacheDir(),
      VERIFRAME_API_KEYS_FILE: keysFile,
    });
    const server = await startServer(config, pino({ level: 'trace' }, sink));
    let answers = '';
    try {
      const ask = async (path: string, bearer: string, body?: string) => {
        const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
          headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
          ...(body === undefined ? {} : { method: 'POST', body }),
        });
        answers += (await response.text()) + JSON.stringify([...response.headers]);
        return response.status;
      };
      expect(await ask('/metrics', SECRETS.VERIFRAME_METRICS_TOKEN)).toBe(200);
      expect(await ask('/metrics', `${SECRETS.VERIFRAME_METRICS_TOKEN}-`)).toBe(404);
      expect(await ask('/v1/system', apiKey)).toBe(200);
      expect(await ask('/v1/sessions', apiKey, '{"mode":"enrol","subject":"x","policy":"none"}')).toBe(400);
      expect(await ask('/v1/sessions', `${apiKey}-`, '{}')).toBe(401);
      answers += JSON.stringify({ ...server });
    } finally {
      await server.stop(0);
    }
    for (const secret of [...Object.values(SECRETS), apiKey, record.secretSha256]) {
      expect(log).not.toContain(secret);
      expect(answers).not.toContain(secret);
    }
    expect(log).not.toBe('');
  });

  it('does not repeat one that does not fit', () => {
    const wrong = 'recognise-a-master-key-of-another-length';
    const read = () => readConfig({ VERIFRAME_MASTER_KEY: wrong, VERIFRAME_MASTER_KEYS: wrong });
    expect(read).toThrow('VERIFRAME_MASTER_KEY must be 32 bytes');
    expect(read).not.toThrow(wrong);
  });
});
