import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../server/time/clock.ts';
import { readConfig } from '../../server/config.ts';
import { divideSettings } from '../../server/settings/parts.ts';
import { startDemo } from '../../server/mounts/demo.ts';

describe('the server hosts the demo', () => {
  let folder: string;
  let keyFile: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'veriframe-hosting-'));
    keyFile = join(folder, 'development-api-key');
    await writeFile(keyFile, 'vf_test_key\n');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const start = (env: Record<string, string>, developmentKeyFile: string | null = keyFile) => {
    const config = readConfig({
      VERIFRAME_DATA_DIR: folder,
      VERIFRAME_DEMO_PAGES: folder,
      VERIFRAME_DEMO: 'on',
      ...env,
    });
    return startDemo(divideSettings(config).demo, developmentKeyFile, systemClock, () => 0);
  };

  it('refuses a wrong setting and names it', async () => {
    expect(() => start({ VERIFRAME_DEMO_POLICY: 'attended' })).toThrow('VERIFRAME_DEMO_POLICY');
    expect(() => start({ VERIFRAME_DEMO_POLICY: 'nothing' })).toThrow('VERIFRAME_DEMO_POLICY');
    expect(() => start({ VERIFRAME_API_KEYS_FILE: 'keys.json' })).toThrow('VERIFRAME_DEMO_API_KEY');
    const missing = join(folder, 'not-built');
    await expect(start({ VERIFRAME_DEMO_PAGES: missing })).rejects.toThrow(`${missing} does not exist`);
  });

  it('with a key of its own or the development key, and off unless asked for', async () => {
    for (const demo of [await start({}), await start({ VERIFRAME_DEMO_API_KEY: 'vf_own_key' }, null)])
      demo.close();
    expect(readConfig({}).demo).toBe('off');
  });

  it('where it has a key when npm start asks for it: a file of keys alone leaves it out', () => {
    const demoOf = (env: Record<string, string>) => readConfig({ VERIFRAME_DEMO: 'auto', ...env }).demo;
    expect(demoOf({})).toBe('on');
    expect(demoOf({ VERIFRAME_API_KEYS_FILE: 'keys.json' })).toBe('off');
    expect(demoOf({ VERIFRAME_API_KEYS_FILE: 'keys.json', VERIFRAME_DEMO_API_KEY: 'vf_own_key' })).toBe('on');
  });
});
