import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { WebSocket } from 'ws';
import { SUBPROTOCOL } from '../../protocol/version.ts';
import { summarise, type Summary } from '../frame/summary.ts';
import { thisMachine, type Machine } from '../load/run.ts';
import type { Handled } from './server-child.ts';

interface TransportCost {
  readonly transport: 'uws' | 'ws';
  readonly messageBytes: number;
  /** Processor time of the server, in µs, for one message and its answer, over the rounds. */
  readonly cpuUs: Summary;
  /** Messages per second, with client and server on the same cores. */
  readonly perSecond: number;
}

export interface TransportReport {
  readonly machine: Machine;
  readonly costs: readonly TransportCost[];
}

const SOCKETS = 8;
/** Messages of one socket in progress at a time: a session's frame window. */
const WINDOW = 3;

/** Sends frame messages to both transports in turn, so that other load on the machine affects both equally. */
export async function measureTransports(
  messageSizes: readonly number[],
  rounds: number,
  secondsARound: number,
  onProgress: (text: string) => void,
): Promise<TransportReport> {
  const machine = thisMachine();
  const servers = [await Server.start('uws'), await Server.start('ws')];
  try {
    const costs: TransportCost[] = [];
    for (const messageBytes of messageSizes) {
      const handled = servers.map((): Handled[] => []);
      for (let round = -1; round < rounds; round++) {
        onProgress(`${messageBytes} bytes, ${round < 0 ? 'warming up' : `round ${round + 1} of ${rounds}`}`);
        for (const [index, server] of servers.entries()) {
          const result = await server.drive(messageBytes, secondsARound);
          if (round >= 0) handled[index].push(result);
        }
      }
      for (const [index, { transport }] of servers.entries()) {
        const all = handled[index];
        const messages = all.reduce((sum, one) => sum + one.messages, 0);
        costs.push({
          transport,
          messageBytes,
          cpuUs: summarise(all.map((one) => one.cpuUs / Math.max(1, one.messages))),
          perSecond: messages / (rounds * secondsARound),
        });
      }
    }
    return { machine, costs };
  } finally {
    for (const server of servers) server.close();
  }
}

class Server {
  readonly transport: TransportCost['transport'];
  readonly #child: ChildProcess;
  readonly #sockets: readonly WebSocket[];

  private constructor(
    transport: TransportCost['transport'],
    child: ChildProcess,
    sockets: readonly WebSocket[],
  ) {
    this.transport = transport;
    this.#child = child;
    this.#sockets = sockets;
  }

  static async start(transport: TransportCost['transport']): Promise<Server> {
    const child = fork(fileURLToPath(new URL('server-child.ts', import.meta.url)), [transport], {
      execArgv: ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href],
    });
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    const sockets = await Promise.all(
      Array.from({ length: SOCKETS }, async () => {
        const socket = new WebSocket(`ws://127.0.0.1:${port}/`, SUBPROTOCOL, { perMessageDeflate: false });
        await once(socket, 'open');
        return socket;
      }),
    );
    return new Server(transport, child, sockets);
  }

  /** Keeps the window of every socket full for `seconds`. */
  async drive(messageBytes: number, seconds: number): Promise<Handled> {
    const message = Buffer.alloc(messageBytes, 0xa5);
    await this.#handled();
    let isOver = false;
    const next = (socket: WebSocket) => () => {
      if (!isOver) socket.send(message);
    };
    const listeners = this.#sockets.map((socket) => ({ socket, listener: next(socket) }));
    for (const { socket, listener } of listeners) {
      socket.on('message', listener);
      for (let i = 0; i < WINDOW; i++) listener();
    }
    await delay(1000 * seconds);
    const handled = await this.#handled();
    isOver = true;
    for (const { socket, listener } of listeners) socket.off('message', listener);
    return handled;
  }

  close(): void {
    for (const socket of this.#sockets) socket.terminate();
    this.#child.disconnect();
  }

  async #handled(): Promise<Handled> {
    this.#child.send('handled');
    return ((await once(this.#child, 'message')) as [Handled])[0];
  }
}
