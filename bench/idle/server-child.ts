import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../server/time/clock.ts';
import { startServer } from '../../server/compose.ts';
import { readConfig } from '../../server/config.ts';
import { createLogger } from '../../server/observe/log.ts';
import { secureDraws } from '../../server/sessions/registry.ts';
import { openDescriptors } from '../load/meters.ts';

/** The server's memory in bytes after garbage collection, and its open descriptors. */
export interface Holdings {
  readonly rssBytes: number;
  readonly heapBytes: number;
  readonly externalBytes: number;
  readonly descriptors: number;
}

const config = readConfig(process.env);
const server = await startServer(config, createLogger(config), { clock: systemClock, draws: secureDraws });

process.on('message', (command: 'holdings' | 'stop') => {
  if (command === 'stop') {
    void server.stop(0).then(() => process.exit());
    return;
  }
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const holdings: Holdings = {
    rssBytes: rss,
    heapBytes: heapUsed,
    externalBytes: external,
    descriptors: openDescriptors(),
  };
  process.send?.(holdings);
});
process.on('disconnect', () => process.exit());

const apiKey = (await readFile(join(config.dataDir, 'development-api-key'), 'utf8')).trim();
process.send?.({ port: server.port, apiKey });
