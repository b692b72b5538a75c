import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { isAlive, RealService, until } from './support/real-service.ts';

/*
 * The product's own process, its real workers and database, and a crowd that keeps coming: what the virtual suites
 * cannot show. Minutes of it, with another course for each seed: `npm run chaos`.
 */

/** Sessions follow each other in real time; on a busy machine most ask for another one. */
const LAST_RESORT_MS = 1_200_000;

let service: RealService | null = null;
afterEach(async () => {
  await service?.close();
  service = null;
});

describe('a server under load', () => {
  it(
    'loses a worker, has one hang, is ended by kill -9, and goes on: nothing decided wrongly, nothing lost, nobody left behind',
    async () => {
      service = await RealService.start(1, 1);
      service.crowd.seat(2);
      await service.moreDecisions(1);

      const [first] = await service.whole();
      process.kill(first, 'SIGKILL');
      const [second] = await service.whole(first);
      await service.moreDecisions(1);

      process.kill(second, 'SIGSTOP');
      await until(() => !isAlive(second), 'a worker that hangs is still there');
      const orphans = await service.whole(second);
      service.signal('SIGKILL');
      expect(await service.ended()).toBe('SIGKILL');
      await until(() => !orphans.some(isAlive), 'workers outlive their server');
      expect(await service.violations()).toEqual([]);

      await service.restart();
      await service.acceptsAgain();
      service.crowd.seat(1);
      await service.moreDecisions(1);
      service.signal('SIGTERM');
      expect(await service.ended()).toBe(0);
      expect(await service.violations()).toEqual([]);
    },
    LAST_RESORT_MS,
  );
});

describe('a worker whose server was killed', () => {
  it('ends even when it hangs and hears of nothing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'veriframe-orphan-'));
    try {
      const watch = new URL('../../server/inference/parent-watch.ts', import.meta.url).href;
      const child = join(folder, 'child.mjs');
      await writeFile(
        child,
        `import { dieWithParent } from ${JSON.stringify(watch)};
         dieWithParent();
         process.send(process.pid, () => setTimeout(() => { for (;;); }, 300));`,
      );
      const parent = join(folder, 'parent.mjs');
      await writeFile(
        parent,
        `import { fork } from 'node:child_process';
         fork(${JSON.stringify(child)}).on('message', (pid) => process.send(pid));`,
      );
      const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
      const grandparent = fork(parent, [], { execArgv: ['--import', tsx] });
      const [pid] = (await once(grandparent, 'message')) as [number];
      await until(() => cpuTicks(pid) > 20, 'the worker does not hang');
      grandparent.kill('SIGKILL');
      await until(() => !isAlive(pid), 'it is still there');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

function cpuTicks(pid: number): number {
  const stat = execFileSync('cat', [`/proc/${pid}/stat`], { encoding: 'utf8' });
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[11]);
}
