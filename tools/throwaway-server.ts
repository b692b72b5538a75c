import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelCacheDir } from '../models/prepare/settings.ts';
import { systemClock, type Clock } from '../server/time/clock.ts';
import { startServer, type RunningServer } from '../server/compose.ts';
import { readConfig } from '../server/config.ts';
import type { TransportChoice } from '../server/gateway/transport-choice.ts';
import { secureDraws } from '../server/sessions/registry.ts';
import { seededSeries } from '../simulator/seeded.ts';
import { createLogger } from '../server/observe/log.ts';
import type { WatchSession } from '../server/observe/session-watch.ts';

export interface RealServer extends RunningServer {
  readonly dataDir: string;
  readonly apiKey: string;
  /** URL of the HTTP API: `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** URL of the stream. */
  readonly streamUrl: string;
  /** An API request with the server's key. */
  api<Body = unknown>(method: string, path: string, body?: unknown): Promise<{ status: number; body: Body }>;
  /** Stops the server at once. Removes the data folder unless the caller gave it. */
  close(): Promise<void>;
}

interface Options {
  /** For callers without a preference: `auto`, which is ws where uWebSockets.js has no binary for this Node. */
  readonly transport: TransportChoice;
  readonly clock?: Clock;
  /** Determines the challenges and their times. Without it and without `draws` they are as in operation. */
  readonly seed?: number;
  /** Random numbers that determine the challenges and their times. */
  readonly draws?: (count: number) => readonly number[];
  readonly dataDir?: string;
  /** An additional observer of every session. */
  readonly watch?: WatchSession;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the product's own server with its real models, store and sockets on a free port of this machine. */
export async function startRealServer({
  transport,
  clock = systemClock,
  seed,
  draws = seed === undefined ? secureDraws : seededSeries(seed),
  dataDir,
  watch,
  env = {},
}: Options): Promise<RealServer> {
  const folder = dataDir ?? (await mkdtemp(join(tmpdir(), 'veriframe-')));
  const config = readConfig({
    HOST: '127.0.0.1',
    PORT: '0',
    VERIFRAME_DATA_DIR: folder,
    VERIFRAME_MODEL_CACHE: modelCacheDir(),
    VERIFRAME_TRANSPORT: transport,
    VERIFRAME_WORKERS: '1',
    VERIFRAME_LOG_LEVEL: 'silent',
    ...env,
  });
  const server = await startServer(config, createLogger(config), {
    clock,
    draws,
    ...(watch === undefined ? {} : { watch }),
  });
  const apiKey = (await readFile(join(folder, 'development-api-key'), 'utf8')).trim();
  const url = `http://127.0.0.1:${server.port}`;
  return {
    ...server,
    dataDir: folder,
    apiKey,
    url,
    streamUrl: `ws://127.0.0.1:${server.port}/v1/stream`,
    async api<Body>(method: string, path: string, body?: unknown) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: JSON.parse(text) as Body };
    },
    async close() {
      await server.stop(0);
      if (dataDir === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}
