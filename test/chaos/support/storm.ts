import { setTimeout as delay } from 'node:timers/promises';
import { seededDraws } from '../../../simulator/seeded.ts';
import { isAlive, RealService, until } from './real-service.ts';

/** What a storm may do next. */
const FAULTS = [
  'kill-worker',
  'hang-worker',
  'starve-worker',
  'lock-database',
  'stand-still',
  'stop',
  'kill',
] as const;
export type StormFault = (typeof FAULTS)[number];

export interface StormReport {
  readonly seed: number;
  readonly faults: Readonly<Partial<Record<StormFault, number>>>;
  readonly decisions: number;
  readonly violations: readonly string[];
}

export interface StormOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly people?: number;
  readonly workers?: number;
  readonly onProgress: (text: string) => void;
}

/** Descriptors beyond those at the start that count as a leak: sockets of the crowd and of replaced workers. */
const SPARE_DESCRIPTORS = 12;
const QUIET_MS = 4_000;

/**
 * A real server, a crowd, and a fault every second or two, drawn by the seed. Whatever the storm did, nobody may be
 * decided wrongly, what was told must be on record, and nothing may be left behind.
 */
export async function storm({
  seed,
  minutes,
  people = 4,
  workers = 2,
  onProgress,
}: StormOptions): Promise<StormReport> {
  const draw = seededDraws(seed);
  const faults: Partial<Record<StormFault, number>> = {};
  const violations: string[] = [];
  const service = await RealService.start(seed, workers);
  try {
    const descriptors = service.descriptors;
    const untilMs = performance.now() + 60_000 * minutes;
    service.crowd.seat(people);
    while (performance.now() < untilMs) {
      await delay(500 + 2_000 * draw());
      const fault = FAULTS[Math.floor(draw() * FAULTS.length)];
      onProgress(`${fault}, ${service.told.length} decisions so far`);
      if (await befall(service, fault, draw, violations)) faults[fault] = (faults[fault] ?? 0) + 1;
    }
    service.crowd.seat(0);
    await service.whole();
    await service.moreDecisions(0);
    await delay(QUIET_MS);
    const left = service.descriptors - descriptors;
    if (left > SPARE_DESCRIPTORS) violations.push(`${left} descriptors more than at the start`);
    await end(service, 'SIGTERM', violations);
    violations.push(...(await service.violations()));
    return { seed, faults, decisions: service.told.length, violations };
  } finally {
    await service.close();
  }
}

/** Does it; resolves with whether it could be done. */
async function befall(
  service: RealService,
  fault: StormFault,
  draw: () => number,
  violations: string[],
): Promise<boolean> {
  const { workers } = service;
  const worker = workers[Math.floor(draw() * workers.length)];
  switch (fault) {
    case 'kill-worker':
      return worker !== undefined && process.kill(worker, 'SIGKILL');
    case 'hang-worker':
      return worker !== undefined && process.kill(worker, 'SIGSTOP');
    case 'starve-worker':
      return worker !== undefined && service.starveWorker(worker);
    case 'lock-database':
      await service.lockDatabase(8_000 * draw() ** 2);
      return true;
    case 'stand-still':
      service.signal('SIGSTOP');
      await delay(3_000 * draw());
      service.signal('SIGCONT');
      return true;
    case 'stop':
      await end(service, 'SIGTERM', violations);
      await service.restart();
      return true;
    case 'kill':
      await end(service, 'SIGKILL', violations);
      violations.push(...(await service.violations()));
      await service.restart();
      return true;
  }
}

async function end(service: RealService, signal: 'SIGTERM' | 'SIGKILL', violations: string[]): Promise<void> {
  const { workers } = service;
  // One that was stopped can neither end by itself nor be told to; the kernel's way with orphans is not ours.
  service.signal(signal);
  const how = await service.ended();
  if (how !== (signal === 'SIGTERM' ? 0 : 'SIGKILL'))
    violations.push(`${signal} ended it with ${String(how)}`);
  try {
    await until(() => !workers.some(isAlive), 'workers outlive their server');
  } catch (error) {
    violations.push(String(error));
    for (const pid of workers.filter(isAlive)) process.kill(pid, 'SIGKILL');
  }
}
