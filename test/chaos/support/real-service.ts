import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { prepareBank } from '../../../bench/load/bank.ts';
import { Generator, type ReceivedDecision } from '../../../bench/load/generator.ts';
import { childrenOf, openDescriptors } from '../../../bench/load/meters.ts';
import { loadMasterKey } from '../../../server/store/master-key.ts';
import { openSqliteStore } from '../../../server/store/sqlite/store.ts';
import { freePort } from '../../support/free-port.ts';

const MAIN = fileURLToPath(new URL('../../../server/main.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const TENANT = 'default';
/** Much more than a frame takes on a busy machine: whoever takes longer hangs. */
const FRAME_TIMEOUT_MS = 5_000;
const POLL_MS = 50;
/** No machine is too slow for it. */
const LAST_RESORT_MS = 600_000;

/** Failures that a client may try again after; any other is a defect. */
const MAY_TRY_AGAIN = [
  'server.busy',
  'server.internal',
  'server.draining',
  'connection.lost',
  'connection.refused',
  'client.timeout',
];

/** The product's own process with a crowd before it, and everything that can be done to it from outside. */
export class RealService {
  readonly dataDir: string;
  /** Every decision that a client was told. */
  readonly told: readonly ReceivedDecision[];
  readonly crowd: Generator;
  #child: ChildProcess;
  readonly #port: number;
  readonly #workers: number;

  private constructor(
    dataDir: string,
    child: ChildProcess,
    port: number,
    workers: number,
    crowd: Generator,
    told: readonly ReceivedDecision[],
  ) {
    this.told = told;
    this.dataDir = dataDir;
    this.#child = child;
    this.#port = port;
    this.#workers = workers;
    this.crowd = crowd;
  }

  /** Starts it with a fresh folder and enrols the crowd's own person. */
  static async start(seed: number, workers: number): Promise<RealService> {
    const people = { policy: 'blink-only', framesPerSecond: 15, idleMs: 3_000, ways: 1 };
    const bankFile = await prepareBank(people);
    const dataDir = await mkdtemp(join(tmpdir(), 'veriframe-chaos-'));
    const port = await freePort();
    const child = await launch(dataDir, port, workers);
    const apiKey = (await readFile(join(dataDir, 'development-api-key'), 'utf8')).trim();
    const told: ReceivedDecision[] = [];
    const crowd = new Generator({ ...people, port, apiKey, bankFile, seed }, (one) => told.push(one));
    const service = new RealService(dataDir, child, port, workers, crowd, told);
    try {
      await crowd.begin();
    } catch (error) {
      await service.close();
      throw error;
    }
    return service;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get workers(): readonly number[] {
    return childrenOf(this.#child.pid ?? 0, '/inference/worker.');
  }

  get descriptors(): number {
    return openDescriptors(this.#child.pid ?? 0);
  }

  /** Sends a signal to the server itself. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves with what the process ended with. */
  async ended(): Promise<number | NodeJS.Signals | null> {
    if (this.isRunning) await once(this.#child, 'exit');
    return this.#child.exitCode ?? this.#child.signalCode;
  }

  /** Starts the process again with the same folder on the same port. */
  async restart(): Promise<void> {
    this.#child = await launch(this.dataDir, this.#port, this.#workers);
  }

  /** Holds the database's write lock for that long. */
  async lockDatabase(ms: number): Promise<void> {
    const database = new Database(join(this.dataDir, 'veriframe.db'), { timeout: 1_000 });
    try {
      database.exec('BEGIN IMMEDIATE');
      await delay(ms);
      database.exec('ROLLBACK');
    } finally {
      database.close();
    }
  }

  /** Lets a worker have no more memory than it has. False where the tool for it is missing. */
  starveWorker(pid: number): boolean {
    return spawnSync('prlimit', ['--pid', String(pid), '--as=1']).status === 0;
  }

  /** Waits until the crowd has been told so many more decisions. Rejects when none come any more. */
  async moreDecisions(count: number): Promise<void> {
    const enough = this.told.length + count;
    await until(() => this.told.length >= enough, 'the crowd hears no more decisions');
  }

  /** Has the crowd's own person accepted once more: as an enrolment, which needs no frame rate. */
  async acceptsAgain(): Promise<void> {
    await this.crowd.begin();
  }

  /** Waits until all workers are there, without those `gone`; resolves with their process ids. */
  async whole(...gone: readonly number[]): Promise<readonly number[]> {
    let found: readonly number[] = [];
    await until(() => {
      found = this.workers;
      return found.length === this.#workers && !found.some((pid) => gone.includes(pid));
    }, 'a worker does not come back');
    return found;
  }

  /** What must never be, whatever happened: everything found wrong, in words. To be asked while the server is down. */
  async violations(): Promise<string[]> {
    const found = this.told
      .filter(({ role, outcome }) => (role === 'genuine' ? outcome === 'reject' : outcome === 'accept'))
      .map(({ role, outcome }) => `a ${role} was told ${outcome}`);
    const failures = Object.entries(this.crowd.sample().failures);
    for (const [code, count] of failures)
      if (!MAY_TRY_AGAIN.includes(code)) found.push(`${count} sessions ended with ${code}`);
    const path = join(this.dataDir, 'veriframe.db');
    const raw = new Database(path, { readonly: true });
    const integrity = raw.pragma('integrity_check', { simple: true });
    raw.close();
    if (integrity !== 'ok') found.push(`the database is damaged: ${String(integrity)}`);
    const { key } = await loadMasterKey({ dataDir: this.dataDir, masterKey: '', masterKeyFile: '' });
    const store = await openSqliteStore({ path, masterKey: key });
    for (const { sessionId, outcome } of this.told) {
      const recorded = await store.decisions.find(TENANT, sessionId);
      if (recorded?.outcome !== outcome)
        found.push(`${outcome} was told, and ${recorded?.outcome ?? 'nothing'} is on record`);
    }
    await store.close();
    return found;
  }

  async close(): Promise<void> {
    this.crowd.seat(0);
    if (this.isRunning) {
      this.#child.kill('SIGKILL');
      await this.ended();
    }
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

/** Waits for what nothing announces: the state of other processes. Rejects when it never comes. */
export async function until(isSo: () => boolean, otherwise: string): Promise<void> {
  const giveUpAtMs = performance.now() + LAST_RESORT_MS;
  while (!isSo()) {
    if (performance.now() > giveUpAtMs) throw new Error(`After ${LAST_RESORT_MS} ms ${otherwise}.`);
    await delay(POLL_MS);
  }
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function launch(dataDir: string, port: number, workers: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      HOST: '127.0.0.1',
      PORT: String(port),
      VERIFRAME_DATA_DIR: dataDir,
      VERIFRAME_WORKERS: String(workers),
      VERIFRAME_FRAME_TIMEOUT_MS: String(FRAME_TIMEOUT_MS),
      VERIFRAME_LOCK_OUT_FAILURES: '0',
      VERIFRAME_DEMO: 'off',
    },
  });
  let errors = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      errors += part;
      if (errors.includes(`http://127.0.0.1:${port}`)) resolve();
    });
    child.once('exit', (code) => reject(new Error(`The server ended with ${String(code)}: ${errors}`)));
  });
  return child;
}
