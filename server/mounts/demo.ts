import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Demo, openDemo } from '../../client/demo/backend/index.ts';
import { loadPrepared, modelCacheFolder } from '../../models/prepared.ts';
import { packageRoot } from '../../models/package-root.ts';
import type { Clock } from '../time/clock.ts';
import { ConfigError } from '../settings/option.ts';
import { readOrCreateSecretFile } from '../identity/secret-file.ts';
import { POLICY_NAMES, serves } from '../policy/built-in.ts';

/** Where the demo keeps its data, and how it uses the service. */
export interface DemoSettings {
  readonly part: 'demo';
  readonly dataDir: string;
  readonly host: string;
  readonly issuer: string;
  readonly modelCache: string;
  readonly demoPages: string;
  readonly demoPolicy: string;
  readonly demoApiKey: string;
}

export interface HostedDemo extends Demo {
  /** File of the secret that opens the operator's page, made at first start. */
  readonly operatorSecretFile: string;
}

const OPERATOR_SECRET_FILE = 'demo-operator-secret';
const OPERATOR_SECRET_BYTES = 18;

/**
 * Opens the demo, which uses the service as any relying party does: over HTTP, with an API key of its own.
 * @param developmentKeyFile the key to use when none is configured
 * @param port where the service listens; asked for once the first request is there
 * @throws ConfigError when the settings do not allow it
 */
export async function startDemo(
  settings: DemoSettings,
  developmentKeyFile: string | null,
  clock: Clock,
  port: () => number,
): Promise<HostedDemo> {
  const { demoPolicy, dataDir, issuer } = settings;
  const isPolicy = POLICY_NAMES.some((name) => name === demoPolicy);
  if (!isPolicy || !serves(demoPolicy, 'enrol') || !serves(demoPolicy, 'verify'))
    throw new ConfigError('VERIFRAME_DEMO_POLICY must name a policy that serves enrol and verify.');
  const apiKey =
    settings.demoApiKey === '' && developmentKeyFile !== null
      ? (await readFile(developmentKeyFile, 'utf8')).trim()
      : settings.demoApiKey;
  if (apiKey === '')
    throw new ConfigError('VERIFRAME_DEMO_API_KEY is needed beside VERIFRAME_API_KEYS_FILE.');
  const assetsDir = settings.demoPages === '' ? join(packageRoot(), 'dist', 'demo') : settings.demoPages;
  try {
    const operatorSecretFile = join(dataDir, OPERATOR_SECRET_FILE);
    const { bytes } = await readOrCreateSecretFile(operatorSecretFile, () =>
      Buffer.from(`${randomBytes(OPERATOR_SECRET_BYTES).toString('base64url')}\n`),
    );
    const demo = await openDemo({
      operatorSecret: bytes.toString('utf8').trim(),
      dataDir,
      assetsDir,
      helpModel: await helpModel(settings),
      service: { url: () => addressOf(settings.host, port()), apiKey, issuer, policy: demoPolicy },
      nowMs: () => clock.wallMs(),
    });
    return { ...demo, operatorSecretFile };
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')
      throw new ConfigError(`The demo's pages are not built: ${assetsDir} does not exist.`, { cause });
    throw cause;
  }
}

/** Where the browser's own model was prepared, or null. */
async function helpModel({ modelCache }: DemoSettings): Promise<string | null> {
  const prepared = await loadPrepared(modelCacheFolder(modelCache));
  return prepared.browserAssets['face-landmarker'] ?? null;
}

/** How this machine reaches what listens on `host`. */
function addressOf(host: string, port: number): string {
  const reachable = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
