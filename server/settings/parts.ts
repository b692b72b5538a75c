import { resolve } from 'node:path';
import { parseOption, type Value } from './option.ts';
import { type Config, OPTIONS } from './options.ts';

/** The settings that each part of the program gets, and no others. A secret goes only to the part that uses it. */
export const PARTS = {
  /** `main.ts`: log, signals, start-up notice. */
  process: ['host', 'logLevel', 'drainMs', 'demo'],
  identity: ['dataDir', 'apiKeysFile', 'issuer', 'webAuthn'],
  store: ['dataDir', 'masterKey', 'masterKeyFile'],
  subjects: ['eraseUnusedAfterDays'],
  /** Workers may not read the paths of secrets that are among these. */
  inference: [
    'modelCache',
    'workers',
    'executionProvider',
    'fence',
    'maxImagePixels',
    'frameTimeoutMs',
    'dataDir',
    'masterKeyFile',
    'apiKeysFile',
    'recordSessionsTo',
  ],
  sessions: [
    'maxSessions',
    'ticketLifetimeMs',
    'lockOutFailures',
    'lockOutMs',
    'replayMemoryFrames',
    'maxImageBytes',
    'maxImagePixels',
    'maxFramesPerSecond',
  ],
  gateway: [
    'host',
    'port',
    'transport',
    'allowedOrigins',
    'trustProxy',
    'maxConnections',
    'maxConnectionsPerAddress',
    'maxImageBytes',
    'maxFramesPerSecond',
    'helloTimeoutMs',
    'idleTimeoutMs',
  ],
  observation: ['metrics', 'metricsToken', 'trustProxy', 'ticketLifetimeMs'],
  recorder: ['recordSessionsTo', 'maxRecordedSessions'],
  sdk: ['sdkDir'],
  demo: ['dataDir', 'host', 'issuer', 'modelCache', 'demoPages', 'demoPolicy', 'demoApiKey'],
  /** `npm run models`, and whatever loads the networks by itself. */
  models: ['modelCache', 'modelMirror', 'offline'],
} as const satisfies Record<string, readonly (keyof Config)[]>;

export type Part = keyof typeof PARTS;

/**
 * The settings of one part. The compiler refuses the whole table, or another part's settings, in their place: `part`
 * differs.
 */
export type SettingsOf<P extends Part> = Pick<Config, (typeof PARTS)[P][number]> & { readonly part: P };

export type SettingsByPart = { readonly [P in Part]: SettingsOf<P> };

/** Divides the table among the parts. */
export function divideSettings(config: Config): SettingsByPart {
  const shares = Object.entries(PARTS).map(([part, names]) => {
    const share = names.map((name) => [name, config[name]] as const);
    return [part, { part, ...Object.fromEntries(share) }] as const;
  });
  // Object.fromEntries loses which share belongs to which part.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.fromEntries(shares) as unknown as SettingsByPart;
}

/**
 * Reads and checks the settings of one part alone, for a program that consists of that part only.
 * @throws ConfigError naming the first variable of the part that is not valid
 */
export function readSettingsOf<P extends Part>(
  part: P,
  env: Readonly<Record<string, string | undefined>>,
): SettingsOf<P> {
  const share = PARTS[part].map((name) => [name, readSetting(name, env)] as const);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return { part, ...Object.fromEntries(share) } as unknown as SettingsOf<P>;
}

/**
 * Reads and checks one setting.
 * @throws ConfigError when it is not valid
 */
export function readSetting(
  name: keyof typeof OPTIONS,
  env: Readonly<Record<string, string | undefined>>,
): Value {
  const value = parseOption(OPTIONS[name], env[OPTIONS[name].env]);
  return name === 'dataDir' ? resolve(String(value)) : value;
}
