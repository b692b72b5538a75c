import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { SUBPROTOCOL } from '../../protocol/version.ts';
import { descriptorLimit } from '../../server/gateway/descriptors.ts';
import { thisMachine, type Machine } from '../load/run.ts';
import type { Holdings } from './server-child.ts';

interface IdleRun {
  readonly transport: 'uws' | 'ws';
  readonly sockets: number;
  readonly openedPerSecond: number;
  readonly before: Holdings;
  readonly open: Holdings;
  readonly closed: Holdings;
  /** Resident memory of the server for each open socket. */
  readonly bytesEach: number;
}

export interface IdleReport {
  readonly machine: Machine;
  readonly runs: readonly IdleRun[];
}

/** Descriptors that a process needs beside its sockets. */
const SPARE_DESCRIPTORS = 200;
/** Handshakes in progress at a time. More would overflow the server's queue of new connections. */
const LANES = 200;
/** Wait in ms in which the server opens or refuses a connection that the kernel has accepted. */
const SETTLE_MS = 500;

/** Opens this number of sockets on each transport, sends no hello on any of them, and measures the server's memory. */
export async function measureIdle(
  transports: readonly IdleRun['transport'][],
  sockets: number,
  onProgress: (text: string) => void,
): Promise<IdleReport> {
  requireDescriptors(sockets);
  const runs: IdleRun[] = [];
  for (const transport of transports) {
    onProgress(`${transport}: ${sockets} sockets`);
    runs.push(await measure(transport, sockets));
  }
  return { machine: thisMachine(), runs };
}

/**
 * @throws Error that states what to do, when this process may not open that many files. Checks nothing outside Linux.
 */
export function requireDescriptors(sockets: number, limits?: string): void {
  const allowed = descriptorLimit(limits);
  const needed = sockets + SPARE_DESCRIPTORS;
  if (allowed !== null && allowed < needed)
    throw new Error(
      `${sockets} sockets need ${needed} open files, and ${allowed} are allowed here: run "ulimit -n ${needed}" first, or ask for fewer with --sockets.`,
    );
}

async function measure(transport: IdleRun['transport'], sockets: number): Promise<IdleRun> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'veriframe-idle-'));
  const server = fork(fileURLToPath(new URL('server-child.ts', import.meta.url)), [], {
    execArgv: ['--expose-gc', '--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href],
    env: {
      ...process.env,
      HOST: '127.0.0.1',
      PORT: '0',
      VERIFRAME_DATA_DIR: dataDir,
      VERIFRAME_TRANSPORT: transport,
      VERIFRAME_WORKERS: '1',
      VERIFRAME_LOG_LEVEL: 'error',
      VERIFRAME_MAX_CONNECTIONS: String(sockets + 10),
      VERIFRAME_MAX_CONNECTIONS_PER_ADDRESS: String(sockets + 10),
      VERIFRAME_HELLO_TIMEOUT_MS: '60000',
    },
  });
  const open: Socket[] = [];
  try {
    const [{ port }] = (await once(server, 'message')) as [{ port: number }];
    const holdings = async () => {
      await new Promise((resolve) => {
        setTimeout(resolve, SETTLE_MS);
      });
      server.send('holdings');
      return ((await once(server, 'message')) as [Holdings])[0];
    };
    const before = await holdings();
    const startedAtMs = performance.now();
    const lane = async () => {
      while (open.length < sockets) {
        const socket = connect(port, '127.0.0.1');
        open.push(socket);
        await shakeHands(socket);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    const openedPerSecond = (1000 * sockets) / (performance.now() - startedAtMs);
    const full = await holdings();
    await Promise.all(open.map(hangUp));
    const closed = await holdings();
    const bytesEach = (full.rssBytes - before.rssBytes) / sockets;
    return { transport, sockets, openedPerSecond, before, open: full, closed, bytesEach };
  } finally {
    for (const socket of open) socket.destroy();
    const ended = once(server, 'exit');
    if (server.connected) server.send('stop');
    else server.kill('SIGKILL');
    await ended;
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Resolves when the server has switched protocols. Rejects when it refuses. */
async function shakeHands(socket: Socket): Promise<void> {
  socket.write(
    [
      'GET /v1/stream HTTP/1.1',
      'Host: 127.0.0.1',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      `Sec-WebSocket-Protocol: ${SUBPROTOCOL}`,
      '\r\n',
    ].join('\r\n'),
  );
  const [answer] = (await once(socket, 'data')) as [Buffer];
  const status = answer.toString('latin1', 9, 12);
  if (status !== '101') throw new Error(`The server refused a socket with ${status}.`);
}

async function hangUp(socket: Socket): Promise<void> {
  const closed = once(socket, 'close');
  socket.destroy();
  await closed;
}
