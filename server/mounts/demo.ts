import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Demo, openDemo } from '../../client/demo/backend/index.ts';
import { loadPrepared, modelCacheFolder } from '../../models/prepared.ts';
import { packageRoot } from '../../models/package-root.ts';
import { addressText, reachableHost } from '../gateway/listen-address.ts';
import { type BytesMount, MAX_BODY_BYTES, type Mount } from '../gateway/mount.ts';
import type { Clock } from '../time/clock.ts';
import { ConfigError } from '../settings/option.ts';
import { readOrCreateSecretFile } from '../identity/secret-file.ts';
import { isDemoPolicy } from './demo-settings.ts';
import { isServicePath } from './service-paths.ts';

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

export interface HostedDemo {
  readonly mount: Mount;
  /** File of the secret that opens the operator's page, made at first start. */
  readonly operatorSecretFile: string;
  close(): void;
}

const OPERATOR_SECRET_FILE = 'demo-operator-secret';
const OPERATOR_SECRET_BYTES = 18;

/** Serves the demo under every path that is not the service's own. */
export function demoMount(demo: Pick<Demo, 'handle'>): BytesMount {
  return {
    name: 'demo',
    body: { kind: 'bytes', maxBytes: MAX_BODY_BYTES },
    readableBy: 'same-origin',
    match: (_method, path) => (isServicePath(path) ? null : {}),
    handle: (request) => demo.handle(request),
  };
}

/**
 * Opens the demo, which uses the service as any relying party does: over HTTP, with an API key of its own.
 * @param developmentKeyFile file of the key that is used when none is configured
 * @param port where the service listens; asked for when the demo serves its first request
 * @throws ConfigError when the settings do not allow it
 */
export async function startDemo(
  settings: DemoSettings,
  developmentKeyFile: string | null,
  clock: Clock,
  port: () => number,
): Promise<HostedDemo> {
  const { demoPolicy, dataDir, issuer } = settings;
  if (!isDemoPolicy(demoPolicy)) throw new TypeError('The settings were not checked.');
  const apiKey =
    settings.demoApiKey === '' && developmentKeyFile !== null
      ? (await readFile(developmentKeyFile, 'utf8')).trim()
      : settings.demoApiKey;
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
      service: {
        url: () => `http://${addressText(reachableHost(settings.host), port())}`,
        apiKey,
        issuer,
        policy: demoPolicy,
      },
      nowMs: () => clock.wallMs(),
    });
    return { mount: demoMount(demo), operatorSecretFile, close: () => demo.close() };
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')
      throw new ConfigError(`The demo's pages are not built: ${assetsDir} does not exist.`, { cause });
    throw cause;
  }
}

/** File of the model that runs in the browser, or null when it is not prepared. */
async function helpModel({ modelCache }: DemoSettings): Promise<string | null> {
  const prepared = await loadPrepared(modelCacheFolder(modelCache));
  return prepared.browserAssets['face-landmarker'] ?? null;
}
