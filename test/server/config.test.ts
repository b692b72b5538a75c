import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ConfigError, describeOptions, OPTIONS, readConfig } from '../../server/config.ts';
import { unknownSettings } from '../../server/settings/names.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('settings', () => {
  it('have the defaults of the table, and an absolute data folder', () => {
    const config = readConfig({});
    expect(config.port).toBe(8080);
    expect(config.dataDir).toBe(resolve('data'));
    expect(config.maxSessions).toBe(OPTIONS.maxSessions.default);
  });

  it('are read from the environment, where an empty text means the default', () => {
    expect(readConfig({ PORT: '0', VERIFRAME_TRANSPORT: 'ws', VERIFRAME_WORKERS: '' })).toMatchObject({
      port: 0,
      transport: 'ws',
      workers: 0,
    });
  });

  it.each([
    ['PORT', 'eighty'],
    ['PORT', '80.5'],
    ['PORT', '70000'],
    ['VERIFRAME_WORKERS', '-1'],
    ['VERIFRAME_MAX_IMAGE_PIXELS', 'Infinity'],
    ['PORT', '0x1F90'],
    ['PORT', '8e3'],
    ['VERIFRAME_TRANSPORT', 'carrier-pigeon'],
    ['VERIFRAME_DATA_DIR', '"/data"'],
    ['VERIFRAME_MASTER_KEY', 'c2hvcnQ='],
    ['VERIFRAME_WEBAUTHN', 'shop.example=http://shop.example'],
  ])('refuse %s=%s and say which', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(ConfigError);
    expect(() => readConfig({ [name]: value })).toThrow(name);
  });

  it('are all described, with unit and default, and no two share a variable', () => {
    const text = describeOptions();
    const variables = Object.values(OPTIONS).map(({ env }) => env);
    for (const variable of variables) expect(text).toContain(variable);
    expect(new Set(variables).size).toBe(variables.length);
    expect(text).toContain('[120000 ms]');
  });

  it('may end in a line break, as files of secrets do', () => {
    expect(readConfig({ PORT: '8080\n', VERIFRAME_ISSUER: 'veriframe \r\n' })).toMatchObject({
      port: 8080,
      issuer: 'veriframe',
    });
  });

  it('are refused all at once', () => {
    const read = () =>
      readConfig({
        PORT: 'eighty',
        VERIFRAME_WORKRS: '2',
        VERIFRAME_ALLOWED_ORIGINS: '*;',
        VERIFRAME_DEMO: 'yes',
      });
    expect(read).toThrow(/^4 settings are not valid:(\n {2}.*(PORT|VERIFRAME_\w+).*){4}$/);
  });

  it.each([
    ['VERIFRAME_WORKER', 'did you mean VERIFRAME_WORKERS?'],
    ['VERIFRAME_ALLOWED_ORIGIN', 'did you mean VERIFRAME_ALLOWED_ORIGINS?'],
    ['VERIFRAME_API_KEYS', 'did you mean VERIFRAME_API_KEYS_FILE?'],
    ['VERIFRAME_PORT', 'did you mean PORT?'],
    ['VERIFRAME_HOST', 'did you mean HOST?'],
    ['veriframe_data_dir', 'did you mean VERIFRAME_DATA_DIR?'],
    ['VERIFRAME_SOMETHING_ELSE_ALTOGETHER', '--help lists them'],
  ])('are not called %s: the start says so, names the nearest one, and repeats no value', (name, words) => {
    const read = () => readConfig({ [name]: 'recognise-this-value' });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(`${name} is no setting: ${words}`);
    expect(read).not.toThrow('recognise-this-value');
  });

  it('are not confused with what Kubernetes and Docker write for a service called veriframe', () => {
    const env = {
      VERIFRAME_SERVICE_HOST: '10.0.0.7',
      VERIFRAME_SERVICE_PORT: '8080',
      VERIFRAME_SERVICE_PORT_HTTP: '8080',
      VERIFRAME_PORT: 'tcp://10.0.0.7:8080',
      VERIFRAME_PORT_8080_TCP: 'tcp://10.0.0.7:8080',
      VERIFRAME_PORT_8080_TCP_ADDR: '10.0.0.7',
      VERIFRAME_DEMO_SERVICE_HOST: '10.0.0.8',
    };
    expect(readConfig(env)).toEqual(readConfig({}));
  });

  it('know every variable that the code, the scripts and the documents speak of', () => {
    const folders = [
      'server',
      'client',
      'protocol',
      'models',
      'simulator',
      'bench',
      'tools',
      'docs',
      'examples',
    ];
    const texts = folders.flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && /\.(m?ts|mjs|md|html)$/.test(entry.name))
        .filter(({ parentPath }) => !/node_modules|\/dist\b/.test(parentPath))
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')),
    );
    const names = new Set(texts.flatMap((text) => text.match(/\bVERIFRAME_[A-Z][A-Z_]*[A-Z]\b/g) ?? []));
    expect(names.size).toBeGreaterThan(40);
    expect(unknownSettings(Object.fromEntries([...names].map((name) => [name, 'x'])))).toEqual([]);
  });

  it.each([
    [{ VERIFRAME_METRICS: 'token' }, 'VERIFRAME_METRICS_TOKEN must have 16'],
    [{ VERIFRAME_METRICS_TOKEN: 'x'.repeat(20) }, 'opens nothing while VERIFRAME_METRICS is off'],
    [
      { VERIFRAME_MASTER_KEY: Buffer.alloc(32).toString('base64'), VERIFRAME_MASTER_KEY_FILE: 'key' },
      'leave one of them',
    ],
    [{ VERIFRAME_DEMO: 'on', VERIFRAME_DEMO_POLICY: 'nothing' }, 'VERIFRAME_DEMO_POLICY must be a policy'],
  ])('fit together: %o does not', (env, words) => {
    expect(() => readConfig(env)).toThrow(words);
  });

  it.each([
    ['*', 'there are no wildcards'],
    ['https://*.shop.example', 'there are no wildcards'],
    ['shop.example', 'must begin with its scheme: https://shop.example'],
    ['https://shop.example/path', 'leave https://shop.example'],
    ['https://a.example;https://b.example', 'separate origins by commas'],
    ['https://a.example https://b.example', 'separate origins by commas'],
    ['https://a.example,', 'remove the comma'],
    ['https://a.example,https://A.example:443/', 'stands there twice'],
    ['null', 'must begin with its scheme'],
    ['https://', 'must begin with its scheme'],
    ['https://shop.example:eighty', 'is no origin'],
  ])('name no origin by %s', (value, words) => {
    expect(() => readConfig({ VERIFRAME_ALLOWED_ORIGINS: value })).toThrow(words);
  });
});
