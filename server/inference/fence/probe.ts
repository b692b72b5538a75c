import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import type { Fence, FencedPaths } from './fence.ts';
import { launchFenced } from './launch.ts';

/** What a process behind the fence tries to do. */
interface Attempts extends FencedPaths {
  readonly parent: number;
  /** A port of this machine that accepts connections. */
  readonly port: number;
}

/** What it could do and must not, or could not do and must, in words; and whether it reached the port. */
interface Findings {
  readonly wrong: readonly string[];
  readonly reachesNetwork: boolean;
}

type ProbeResult =
  | { readonly ok: true; readonly reachesNetwork: boolean }
  /** `why` contains nothing of any file. */
  | { readonly ok: false; readonly why: string };

/** Plain JavaScript, which needs no loader. It answers one message, and then waits to be ended. */
const PROBE = `
const fs = require('node:fs');
const path = require('node:path');
const net = require('node:net');
const opens = (file, flags) => {
  try {
    fs.closeSync(fs.openSync(file, flags));
    return true;
  } catch {
    return false;
  }
};
const lists = (folder) => {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
};
const filesOf = (place) => [place, ...lists(place).map((name) => path.join(place, name))];
const isFolder = (file) => {
  try {
    return fs.statSync(file).isDirectory();
  } catch {
    return false;
  }
};
const isDevice = (file) => fs.statSync(file).isCharacterDevice();
process.on('message', ({ parent, port, readable, hidden }) => {
  const wrong = [];
  for (const file of readable) {
    if (!(isFolder(file) ? lists(file).length > 0 : opens(file, 'r'))) wrong.push('it cannot read ' + file);
    if (opens(isFolder(file) ? path.join(file, '.veriframe-' + process.pid) : file, 'a'))
      wrong.push('it can write to ' + file);
  }
  for (const file of hidden.flatMap(filesOf))
    if (!isFolder(file) && opens(file, 'r') && !isDevice(file)) wrong.push('it can read ' + file);
  for (const name of ['environ', 'mem', 'fd/0'])
    if (opens('/proc/' + parent + '/' + name, 'r')) wrong.push("it can read the server's " + name);
  const socket = net.connect(port, '127.0.0.1');
  const answer = (reachesNetwork) => process.send({ wrong, reachesNetwork });
  socket.once('connect', () => answer(true)).once('error', () => answer(false));
});
process.on('disconnect', () => process.exit());
`;

/** Mounting and starting Node take a tenth of a second on an idle machine. */
const TIMEOUT_MS = 30_000;

/**
 * Starts a process behind the fence that tries what no worker may do. Resolves with the result, and with the reason
 * when the fence cannot be had on this machine. Never rejects.
 */
export async function probeFence(fence: Fence, paths: FencedPaths): Promise<ProbeResult> {
  const listener = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  try {
    const attempts: Attempts = { ...paths, parent: process.pid, port };
    const { wrong, reachesNetwork } = await ask(fence, attempts);
    return wrong.length === 0 ? { ok: true, reachesNetwork } : { ok: false, why: wrong[0] };
  } catch (error) {
    return { ok: false, why: error instanceof Error ? error.message : String(error) };
  } finally {
    listener.close();
  }
}

/** Rejects when the process does not start, does not answer, or does not end when it is killed. */
async function ask(fence: Fence, attempts: Attempts): Promise<Findings> {
  const child = launchFenced(fence, { worker: 0, args: ['-e', PROBE], executionProvider: 'cpu' });
  let written = '';
  child.stderr?.setEncoding('utf8').on('data', (part: string) => (written += part));
  let failure: Error | null = null;
  child.on('error', (error) => (failure = error));
  const ended = new Promise<Error>((resolve) => {
    child.once('close', (code, signal) => {
      const lastLine = written.trim().split('\n').at(-1) ?? '';
      resolve(new Error(lastLine || failure?.message || `it ended with ${code ?? signal}`));
    });
  });
  const answered = new Promise<Findings>((resolve, reject) => {
    child.once('message', (findings: Findings) => resolve(findings));
    void ended.then(reject);
  });
  let stopTimer = () => {};
  const tooLate = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(new Error('a process behind it did not answer')), TIMEOUT_MS);
    stopTimer = () => clearTimeout(timer);
  });
  try {
    // A failure to send is not handled here: the process then cannot answer, and its end gives a better reason.
    child.send(attempts, () => {});
    const findings = await Promise.race([answered, tooLate]);
    if (!child.kill('SIGKILL')) throw new Error('a process behind it cannot be ended');
    await Promise.race([ended, tooLate]);
    return findings;
  } finally {
    stopTimer();
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  }
}
