/*
 * Runs inside the namespaces that `quiet-machine.ts` makes: starts the name server, shows that it counts, runs each
 * program there and prints as JSON what came of it.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { connect as openSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { connect } from '../../../client/kiosk/session-client.ts';
import { NameServer } from './name-server.ts';
import type { Observed, Program, Report } from './report.ts';

const run = promisify(execFile);
/** What a program has not done by then it will not do. */
const LONGEST_MS = 60_000;
/** Others are watched for longer than a caller takes. */
const MARGIN = 1.2;
const POLL_MS = 20;
/** Of RFC 5737, for documentation: nobody's address. */
const NOWHERE = '192.0.2.1';

const programs = JSON.parse(process.argv[2] ?? '[]') as readonly Program[];
const names = await NameServer.start();
const control = await showThatItCounts();
/** How long a program that does look up a name takes until it does. */
let callTakesMs = 0;
const callers = await observeAll((program) => program.role === 'caller');
const others = await observeAll((program) => program.role !== 'caller');
const report: Report = { control, programs: [...callers, ...others] };
process.stdout.write(JSON.stringify(report), () => process.exit(0));

/** Side by side: a name that one of them asks for is held against all of them. */
function observeAll(which: (program: Program) => boolean): Promise<Observed[]> {
  return Promise.all(programs.filter(which).map((program) => observe(program)));
}

async function showThatItCounts(): Promise<Report['control']> {
  const before = routesNotFound();
  await run(process.execPath, ['-e', `require('node:dns').lookup('control.example', () => {})`]);
  const socket = openSocket(443, NOWHERE);
  await once(socket, 'error');
  return { asked: [...names.asked], unreachable: routesNotFound() - before };
}

/** Packets for addresses that this network namespace cannot reach: all but its own. */
function routesNotFound(): number {
  const [titles, values] = readFileSync('/proc/self/net/snmp', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('Ip:'))
    .map((line) => line.split(' '));
  return Number(values[titles.indexOf('OutNoRoutes')]);
}

async function observe({ name, args, env, role, picture }: Program): Promise<Observed> {
  const folder = await mkdtemp(join(tmpdir(), 'quiet-'));
  const [home, temporary, data] = ['home', 'tmp', 'data'].map((one) => join(folder, one));
  for (const one of [home, temporary, data]) await mkdir(one);
  const routesBefore = routesNotFound();
  const askedBefore = names.asked.length;
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: home, TMPDIR: temporary, VERIFRAME_DATA_DIR: data, ...env },
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => output.push(part));
  const ended = once(child, 'close');
  const startedAtMs = performance.now();
  let sawFace = false;
  try {
    if (role === 'server') sawFace = await useServer(child, output, data, picture);
    if (role === 'worker') await printed(child, output, /done/);
    if (role === 'caller') {
      await until(() => names.asked.length > askedBefore || performance.now() > startedAtMs + LONGEST_MS);
      callTakesMs = performance.now() - startedAtMs;
    } else await until(() => performance.now() > startedAtMs + MARGIN * callTakesMs);
  } catch (error) {
    output.push(String(error));
  }
  child.kill(role === 'caller' ? 'SIGKILL' : 'SIGTERM');
  const [exitCode] = (await ended) as [number | null];
  return {
    name,
    exitCode,
    output: output.join(''),
    sawFace,
    asked: names.asked.slice(askedBefore),
    unreachable: routesNotFound() - routesBefore,
    written: [...filesIn(home), ...filesIn(temporary)],
    data: filesIn(data),
  };
}

/** What the TypeScript loader keeps for the next run is no part of the product. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => !/^tsx-\d+(\/|$)/.test(path))
    .toSorted();
}

/** One session, until the server has told where a face is. */
async function useServer(child: ChildProcess, output: readonly string[], data: string, picture: string) {
  const url = await addressOf(child, output);
  const key = (await readFile(join(data, 'development-api-key'), 'utf8')).trim();
  const response = await fetch(`${url}/v1/sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ mode: 'enrol', subject: 'someone' }),
  });
  const { ticket } = (await response.json()) as { ticket: string };
  const session = await connect({ url: `${url.replace('http', 'ws')}/v1/stream`, ticket });
  const sending = sendUntilOver(session, picture);
  let sawFace = false;
  for await (const event of session.events) {
    if (event.type !== 'status' || event.face === undefined) continue;
    sawFace = true;
    session.bye('source-ended');
  }
  await sending;
  return sawFace;
}

/** Never the same picture twice: that would be a frozen stream. */
async function sendUntilOver(session: Awaited<ReturnType<typeof connect>>, picture: string): Promise<void> {
  for (let shift = 0; await session.whenCredit(); shift = (shift + 1) % 40) {
    const part = { left: shift, top: shift, width: 560, height: 560 };
    session.sendFrame(
      await sharp(picture).resize(640, 640).extract(part).jpeg().toBuffer(),
      performance.now(),
    );
  }
}

async function addressOf(child: ChildProcess, output: readonly string[]): Promise<string> {
  return await printed(child, output, /http:\/\/127\.0\.0\.1:\d+/);
}

/** What it printed that matches. Rejects when it ends without. */
async function printed(child: ChildProcess, output: readonly string[], what: RegExp): Promise<string> {
  const giveUpAtMs = performance.now() + LONGEST_MS;
  let match: RegExpExecArray | null = null;
  await until(() => {
    match = what.exec(output.join(''));
    const hasEnded = child.exitCode !== null || child.signalCode !== null;
    return match !== null || hasEnded || performance.now() > giveUpAtMs;
  });
  if (match === null) throw new Error(`It did not say ${String(what)}.`);
  return match[0];
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(POLL_MS);
}
