import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../server/time/clock.ts';
import { startServer } from '../../server/compose.ts';
import { readConfig } from '../../server/config.ts';
import { createLogger } from '../../server/observe/log.ts';
import type { SessionWatch } from '../../server/observe/session-watch.ts';
import { secureDraws } from '../../server/sessions/registry.ts';
import type { SessionRequest } from '../../server/session/ports.ts';
import type { Command, Report, ServerSample } from './messages.ts';
import { childrenOf, fairness, openDescriptors, ProcessMeter, Times, usageOf } from './meters.ts';

/*
 * Runs the product's own server in a separate process, with the settings of its environment. An observer of its
 * sessions reports to the parent process.
 */

/** A session counts for fairness when it was open for at least this long within the window. */
const MIN_SHARE_MS = 2_000;
/** Number of decisions that are kept for `explain`: more than are made between two requests. */
const VERDICTS_KEPT = 1_000;

interface Seen {
  openedAtMs: number;
  analysed: number;
}

class Watch {
  readonly latency = new Times();
  readonly open = new Map<object, Seen>();
  received = 0;
  analysed = 0;
  superseded = 0;
  #verdicts: Record<string, number> = {};
  readonly #verdictOf = new Map<string, string>();
  #shares: number[] = [];
  #openMs = 0;
  #countedAtMs = performance.now();
  #sinceMs = performance.now();

  readonly session = ({ sessionId }: SessionRequest): SessionWatch => {
    const seen: Seen = { openedAtMs: performance.now(), analysed: 0 };
    const arrivedAtMs = new Map<number, number>();
    const key = {};
    this.#count();
    this.open.set(key, seen);
    return {
      stepped: (event, _state, effects) => {
        if (event.type === 'frame') {
          this.received++;
          arrivedAtMs.set(event.seq, performance.now());
        } else if (event.type === 'analyzed') {
          this.analysed++;
          seen.analysed++;
          const arrived = arrivedAtMs.get(event.seq);
          if (arrived !== undefined) this.latency.add(performance.now() - arrived);
          arrivedAtMs.delete(event.seq);
        }
        for (const effect of effects) {
          if (effect.type === 'forget-frame') {
            this.superseded++;
            arrivedAtMs.delete(effect.seq);
          } else if (effect.type === 'decide') {
            const verdict = [effect.outcome, ...effect.reasons].join(' ');
            this.#decided(sessionId, verdict);
          }
        }
      },
      ended: () => {
        this.#count();
        this.open.delete(key);
        this.#share(seen);
      },
    };
  };

  reset(): void {
    this.latency.reset();
    this.received = 0;
    this.analysed = 0;
    this.superseded = 0;
    this.#shares = [];
    this.#verdicts = {};
    this.#openMs = 0;
    this.#sinceMs = performance.now();
    this.#countedAtMs = this.#sinceMs;
    for (const seen of this.open.values()) Object.assign(seen, { openedAtMs: this.#sinceMs, analysed: 0 });
  }

  sum(): Pick<ServerSample, 'frames' | 'latencyMs' | 'openSessions' | 'openNow' | 'fairness' | 'verdicts'> {
    this.#count();
    for (const seen of this.open.values()) this.#share(seen);
    const { received, analysed, superseded } = this;
    return {
      frames: { received, analysed, superseded },
      latencyMs: this.latency.sum(),
      openSessions: this.#openMs / Math.max(1, performance.now() - this.#sinceMs),
      openNow: this.open.size,
      fairness: fairness(this.#shares),
      verdicts: this.#verdicts,
    };
  }

  verdictOf(sessionId: string): string {
    return this.#verdictOf.get(sessionId) ?? 'not known';
  }

  #decided(sessionId: string, verdict: string): void {
    this.#verdicts[verdict] = (this.#verdicts[verdict] ?? 0) + 1;
    this.#verdictOf.set(sessionId, verdict);
    const [oldest] = this.#verdictOf.keys();
    if (this.#verdictOf.size > VERDICTS_KEPT) this.#verdictOf.delete(oldest);
  }

  #count(): void {
    const nowMs = performance.now();
    this.#openMs += this.open.size * (nowMs - this.#countedAtMs);
    this.#countedAtMs = nowMs;
  }

  #share({ openedAtMs, analysed }: Seen): void {
    const ms = performance.now() - openedAtMs;
    if (ms >= MIN_SHARE_MS) this.#shares.push((1000 * analysed) / ms);
  }
}

const watch = new Watch();
const meter = new ProcessMeter();
const config = readConfig(process.env);
const server = await startServer(config, createLogger(config), {
  clock: systemClock,
  draws: secureDraws,
  watch: watch.session,
});

const workerSeconds = () => childrenOf(process.pid, '/inference/worker.').map((pid) => usageOf(pid));
let workersBefore = workerSeconds();
let resetAtMs = performance.now();

function reset(): void {
  watch.reset();
  meter.reset();
  workersBefore = workerSeconds();
  resetAtMs = performance.now();
}

function sample(): ServerSample {
  globalThis.gc?.();
  const workers = workerSeconds();
  const total = (usages: readonly { cpuSeconds: number }[]) =>
    usages.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  const { sessions, frameMs, load } = server.capacity;
  return {
    type: 'server',
    process: meter.sample(),
    workers: {
      count: workers.length,
      cpu: Math.max(0, total(workers) - total(workersBefore)) / ((performance.now() - resetAtMs) / 1000),
      rssBytes: workers.reduce((sum, { rssBytes }) => sum + rssBytes, 0),
    },
    descriptors: openDescriptors(),
    heapBytes: process.memoryUsage().heapUsed,
    capacity: { sessions, frameMs, load },
    ...watch.sum(),
  };
}

const send = (report: Report) => process.send?.(report);

process.on('message', (command: Command) => {
  if (command.type === 'reset') reset();
  if (command.type === 'sample') send(sample());
  if (command.type === 'explain')
    send({ type: 'explained', verdicts: command.sessionIds.map((id) => watch.verdictOf(id)) });
  if (command.type === 'stop') void server.stop(0).then(() => process.exit());
});
process.on('disconnect', () => process.exit());

const apiKey = (await readFile(join(config.dataDir, 'development-api-key'), 'utf8')).trim();
send({ type: 'ready', port: server.port, apiKey });
