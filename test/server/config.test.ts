import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, describeOptions, OPTIONS, readConfig } from '../../server/config.ts';

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
    ['VERIFRAME_TRANSPORT', 'carrier-pigeon'],
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
});
