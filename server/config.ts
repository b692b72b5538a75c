import { resolve } from 'node:path';
import { FENCE_CHOICES, type FenceChoice } from './inference/fence/fence.ts';
import { EXECUTION_PROVIDERS, type ExecutionProvider } from './inference/execution-provider.ts';

type Value = string | number;

interface Option<T extends Value = Value> {
  readonly type: 'text' | 'number';
  readonly env: string;
  readonly default: T;
  /** Unit of a number; empty for text. */
  readonly unit: string;
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
  /** A secret is never printed or logged. */
  readonly secret?: true;
  readonly description: string;
}

const text = <T extends string = string>(
  env: string,
  fallback: NoInfer<T>,
  description: string,
  extra: Partial<Option<T>> = {},
): Option<T> => ({ type: 'text', env, default: fallback, unit: '', description, ...extra });

const number = (
  env: string,
  fallback: number,
  unit: string,
  min: number,
  max: number,
  description: string,
): Option<number> => ({ type: 'number', env, default: fallback, unit, min, max, description });

/** Every setting, once. Validation, `--help` and the docs are made from this table. */
export const OPTIONS = {
  host: text('HOST', '0.0.0.0', 'Address to listen on.'),
  port: number('PORT', 8080, '', 0, 65535, 'Port to listen on; 0 takes any free one.'),
  transport: text<'auto' | 'uws' | 'ws'>(
    'VERIFRAME_TRANSPORT',
    'auto',
    'WebSocket and HTTP implementation.',
    {
      choices: ['auto', 'uws', 'ws'],
    },
  ),
  dataDir: text('VERIFRAME_DATA_DIR', './data', 'Folder for the database and generated keys.'),
  modelCache: text('VERIFRAME_MODEL_CACHE', '', 'Folder of prepared models; empty: models/.cache.'),
  modelMirror: text(
    'VERIFRAME_MODEL_MIRROR',
    '',
    'Folder of the optional downloads, looked into before the network when models are prepared; empty: none.',
  ),
  offline: text<'0' | '1'>(
    'VERIFRAME_OFFLINE',
    '0',
    '1: nothing is downloaded when models are prepared. A server that runs never downloads.',
    { choices: ['0', '1'] },
  ),
  masterKey: text(
    'VERIFRAME_MASTER_KEY',
    '',
    '32 bytes in base64 that encrypt every reference; empty: read from a file.',
    {
      secret: true,
    },
  ),
  masterKeyFile: text(
    'VERIFRAME_MASTER_KEY_FILE',
    '',
    'File that holds the master key; empty: master.key in the data folder, made at first start.',
  ),
  apiKeysFile: text(
    'VERIFRAME_API_KEYS_FILE',
    '',
    'JSON file of API keys; empty: one development key is generated in the data folder.',
  ),
  allowedOrigins: text(
    'VERIFRAME_ALLOWED_ORIGINS',
    '',
    "Browser origins that may connect, separated by commas; empty: only the server's own.",
  ),
  logLevel: text('VERIFRAME_LOG_LEVEL', 'info', 'Least severe level that is logged.', {
    choices: ['fatal', 'error', 'warn', 'info', 'debug', 'silent'],
  }),
  trustProxy: text<'yes' | 'no'>(
    'VERIFRAME_TRUST_PROXY',
    'no',
    'Whether a proxy in front writes X-Forwarded-For. Without one, `yes` lets anyone choose an address.',
    { choices: ['yes', 'no'] },
  ),
  workers: number('VERIFRAME_WORKERS', 0, 'threads', 0, 256, 'Inference threads; 0: one for each core.'),
  executionProvider: text<ExecutionProvider>(
    'VERIFRAME_EXECUTION_PROVIDER',
    'cpu',
    "Where the networks run; cuda needs ONNX Runtime's CUDA libraries, which are not in its package.",
    { choices: EXECUTION_PROVIDERS },
  ),
  fence: text<FenceChoice>(
    'VERIFRAME_FENCE',
    'auto',
    'Whether workers are kept from keys and network: auto as well as the system allows, required or no start, off.',
    { choices: FENCE_CHOICES },
  ),
  maxSessions: number(
    'VERIFRAME_MAX_SESSIONS',
    200,
    'sessions',
    1,
    100_000,
    'Sessions open at a time; newcomers beyond it hear server.busy.',
  ),
  maxConnections: number(
    'VERIFRAME_MAX_CONNECTIONS',
    10_000,
    'sockets',
    1,
    1_000_000,
    'WebSockets open at a time; of TCP connections, silent ones included, twice as many.',
  ),
  maxConnectionsPerAddress: number(
    'VERIFRAME_MAX_CONNECTIONS_PER_ADDRESS',
    64,
    'sockets',
    1,
    1_000_000,
    'Sockets open at a time from one address.',
  ),
  maxImageBytes: number(
    'VERIFRAME_MAX_IMAGE_BYTES',
    524_288,
    'bytes',
    1024,
    4_194_304,
    'Bytes of one image.',
  ),
  maxImagePixels: number(
    'VERIFRAME_MAX_IMAGE_PIXELS',
    2_100_000,
    'pixels',
    4096,
    16_777_216,
    'Width × height of one image.',
  ),
  maxFramesPerSecond: number(
    'VERIFRAME_MAX_FRAMES_PER_SECOND',
    60,
    'frames/s',
    1,
    240,
    'Frames one session may send in a second.',
  ),
  helloTimeoutMs: number(
    'VERIFRAME_HELLO_TIMEOUT_MS',
    5000,
    'ms',
    100,
    60_000,
    'Time from opening a socket to a valid hello.',
  ),
  idleTimeoutMs: number(
    'VERIFRAME_IDLE_TIMEOUT_MS',
    15_000,
    'ms',
    1000,
    120_000,
    'Silence after which a socket is closed.',
  ),
  ticketLifetimeMs: number(
    'VERIFRAME_TICKET_LIFETIME_MS',
    120_000,
    'ms',
    1000,
    3_600_000,
    'Time in which a ticket can be used.',
  ),
  lockOutFailures: number(
    'VERIFRAME_LOCK_OUT_FAILURES',
    10,
    'sessions',
    0,
    1000,
    'Verifications of one subject that may begin within the lock-out time without an accept; 0: any number.',
  ),
  lockOutMs: number(
    'VERIFRAME_LOCK_OUT_MS',
    900_000,
    'ms',
    1000,
    86_400_000,
    'How long a verification that was not accepted counts toward a lock-out, from its beginning.',
  ),
  frameTimeoutMs: number(
    'VERIFRAME_FRAME_TIMEOUT_MS',
    5000,
    'ms',
    100,
    60_000,
    'Time for one frame on a worker, after which the worker is replaced.',
  ),
  replayMemoryFrames: number(
    'VERIFRAME_REPLAY_MEMORY_FRAMES',
    1_000_000,
    'frames',
    0,
    100_000_000,
    'Pictures whose digests are remembered, 24 bytes each, to reject a session that shows those of another; 0: none.',
  ),
  drainMs: number(
    'VERIFRAME_DRAIN_MS',
    10_000,
    'ms',
    0,
    600_000,
    'Time open sessions get to finish after SIGTERM.',
  ),
  metrics: text<'off' | 'local' | 'token'>(
    'VERIFRAME_METRICS',
    'off',
    'Who may read /metrics: nobody, this machine alone, or whoever shows VERIFRAME_METRICS_TOKEN as a bearer token.',
    { choices: ['off', 'local', 'token'] },
  ),
  metricsToken: text('VERIFRAME_METRICS_TOKEN', '', 'Bearer token for /metrics, 16 characters or more.', {
    secret: true,
  }),
  recordSessionsTo: text(
    'VERIFRAME_RECORD_SESSIONS_TO',
    '',
    'Folder for recordings of sessions, to decide them again offline: numbers only, no pictures. Empty: none.',
  ),
  maxRecordedSessions: number(
    'VERIFRAME_MAX_RECORDED_SESSIONS',
    500,
    'recordings',
    1,
    1_000_000,
    'Recordings of sessions kept in their folder; the oldest go first.',
  ),
  issuer: text('VERIFRAME_ISSUER', 'veriframe', 'Issuer named in tokens.'),
  demo: text<'on' | 'off'>(
    'VERIFRAME_DEMO',
    'off',
    'Whether to serve the demo beside the service: a small site that signs its users in by face.',
    { choices: ['on', 'off'] },
  ),
  demoPages: text('VERIFRAME_DEMO_PAGES', '', "Folder of the demo's built pages; empty: dist/demo."),
  demoPolicy: text('VERIFRAME_DEMO_POLICY', 'standard', "Policy of the demo's sessions."),
  demoApiKey: text(
    'VERIFRAME_DEMO_API_KEY',
    '',
    'API key the demo uses; empty: the development key, where there is one.',
    { secret: true },
  ),
} as const satisfies Record<string, Option>;

export type Config = { readonly [K in keyof typeof OPTIONS]: (typeof OPTIONS)[K]['default'] };

/** A setting that does not fit the table. `message` names the variable, never a secret's value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

function parse(option: Option, raw: string | undefined): Value {
  if (raw === undefined || raw === '') return option.default;
  switch (option.type) {
    case 'number': {
      const value = Number(raw);
      const { min = -Infinity, max = Infinity } = option;
      if (!Number.isInteger(value) || value < min || value > max)
        throw new ConfigError(
          `${option.env} must be a whole number from ${min} to ${max}${option.unit && ` (${option.unit})`}.`,
        );
      return value;
    }
    case 'text':
      if (option.choices && !option.choices.includes(raw))
        throw new ConfigError(`${option.env} must be one of ${option.choices.join(', ')}.`);
      return raw;
  }
}

/**
 * Reads and checks one setting.
 * @throws ConfigError when it does not fit
 */
export function readSetting(
  name: keyof typeof OPTIONS,
  env: Readonly<Record<string, string | undefined>>,
): Value {
  const value = parse(OPTIONS[name], env[OPTIONS[name].env]);
  return name === 'dataDir' ? resolve(String(value)) : value;
}

/**
 * Reads and checks every setting.
 * @param env usually `process.env`
 * @throws ConfigError naming the first variable that does not fit
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const names = Object.keys(OPTIONS) as (keyof typeof OPTIONS)[];
  return Object.fromEntries(names.map((name) => [name, readSetting(name, env)])) as Config;
}

/** Removes the secrets, once they are read: programs that are started later inherit the environment. */
export function forgetSecrets(env: Record<string, string | undefined>): void {
  for (const option of Object.values<Option>(OPTIONS)) if (option.secret === true) delete env[option.env];
}

/** Text of `--help`: one line for each setting, or for those named. */
export function describeOptions(
  names: readonly (keyof typeof OPTIONS)[] = Object.keys(OPTIONS) as (keyof typeof OPTIONS)[],
): string {
  const rows = names.map((name): readonly [string, string] => {
    const option: Option = OPTIONS[name];
    const fallback = option.default === '' ? '' : ` [${option.default}${option.unit && ` ${option.unit}`}]`;
    return [option.env, `${option.description}${fallback}`];
  });
  const width = Math.max(...rows.map(([env]) => env.length));
  return rows.map(([env, description]) => `  ${env.padEnd(width)}  ${description}`).join('\n');
}
