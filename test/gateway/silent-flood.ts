import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Plain JavaScript for a process of its own, so that the flood's descriptors are none of the server's. */
const FLOOD = `
const net = require('node:net');
const [port, count] = process.argv.slice(1).map(Number);
const open = new Set();
let tried = 0;
const next = () => {
  if (tried === count) return;
  tried += 1;
  const socket = net.connect(port, '127.0.0.1');
  const settle = () => setImmediate(next);
  socket.once('connect', () => { open.add(socket); settle(); });
  socket.once('error', () => { if (!open.has(socket)) settle(); });
  socket.once('close', () => open.delete(socket));
  socket.resume();
};
for (let at = 0; at < 4; at += 1) next();
process.on('message', (leave) => {
  if (leave) for (const socket of open) socket.destroy();
  process.send({ tried, open: open.size });
});
`;

/** Connections that say nothing, from another process. */
export class SilentFlood {
  readonly #child: ChildProcess;

  /** Opens `count`, a few at a time, and keeps those that it is let have. */
  constructor(port: number, count: number) {
    this.#child = spawn(process.execPath, ['-e', FLOOD, String(port), String(count)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  }

  /** Connections tried so far, and those open now. */
  count(): Promise<{ tried: number; open: number }> {
    return this.#ask(false);
  }

  /** Lets go of every connection. */
  async leave(): Promise<void> {
    await this.#ask(true);
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  async #ask(leave: boolean): Promise<{ tried: number; open: number }> {
    this.#child.send(leave);
    const [answer] = (await once(this.#child, 'message')) as [{ tried: number; open: number }];
    return answer;
  }
}
