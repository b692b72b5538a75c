import { resolve } from 'node:path';
import { unknownSettings } from './names.ts';
import { ConfigError, parseOption, type Value } from './option.ts';
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
 * @throws ConfigError naming every variable of the part that is not valid, and those that are no settings
 */
export function readSettingsOf<P extends Part>(
  part: P,
  env: Readonly<Record<string, string | undefined>>,
): SettingsOf<P> {
  const { values, problems } = readSettings(PARTS[part], env);
  refuse(problems);
  const share = Object.entries(values);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return { part, ...Object.fromEntries(share) } as unknown as SettingsOf<P>;
}

/**
 * Reads settings, and collects what is wrong with them: variables that are not valid, and those that are no settings.
 */
export function readSettings(
  names: readonly (keyof typeof OPTIONS)[],
  env: Readonly<Record<string, string | undefined>>,
): { readonly values: Partial<Config>; readonly problems: readonly string[] } {
  const values: Record<string, Value> = {};
  const problems = [...unknownSettings(env)];
  for (const name of names) {
    try {
      values[name] = readSetting(name, env);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(error.message);
    }
  }
  return { values, problems };
}

/** @throws ConfigError with all of the problems, where there are any */
export function refuse(problems: readonly string[]): void {
  const [first, ...others] = problems;
  if (first === undefined) return;
  const list = problems.map((problem) => `\n  ${problem}`).join('');
  throw new ConfigError(others.length === 0 ? first : `${problems.length} settings are not valid:${list}`);
}

/**
 * Reads and checks one setting.
 * @throws ConfigError when it is not valid
 */
function readSetting(name: keyof typeof OPTIONS, env: Readonly<Record<string, string | undefined>>): Value {
  const value = parseOption(OPTIONS[name], env[OPTIONS[name].env]);
  return name === 'dataDir' ? resolve(String(value)) : value;
}
