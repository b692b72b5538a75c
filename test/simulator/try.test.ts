import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { endpointsOf } from '../../client/kiosk/endpoints.ts';
import { USAGE as KIOSK_USAGE } from '../../client/kiosk/options.ts';
import { apiKeyOf, readTryCommand, USAGE, type TryOptions } from '../../simulator/try/options.ts';
import { PARTS, type Step } from '../../simulator/try/parts.ts';
import { summary, whatDecided } from '../../simulator/try/report.ts';
import { describeServer, ServerOnTrial } from '../../simulator/try/server.ts';
import type { SessionResult } from '../../simulator/try/session.ts';
import { portOf } from '../kiosk/support/server.ts';

const never = new AbortController().signal;
const steps = PARTS.flatMap((part) => part.steps);

function optionsOf(line: string, environment: NodeJS.ProcessEnv = {}): TryOptions {
  const command = readTryCommand(line.split(' ').filter(Boolean), environment);
  if (command.kind !== 'try') throw new TypeError(`this is ${command.kind}`);
  return command.options;
}

describe('the options of the trial', () => {
  it('are those of the other commands, with the same defaults', () => {
    expect(optionsOf('').endpoints).toEqual(endpointsOf('ws://localhost:8080'));
    expect(optionsOf('', { VERIFRAME_URL: 'wss://a.example/b' }).endpoints).toEqual(
      endpointsOf('wss://a.example/b'),
    );
    expect(optionsOf('try --url http://c.example --api-key k')).toEqual({
      endpoints: endpointsOf('http://c.example'),
      apiKey: 'k',
      apiKeyFile: null,
    });
    expect(readTryCommand(['try', '--help'], {})).toEqual({ kind: 'help' });
    for (const line of USAGE.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(KIOSK_USAGE).toContain('veriframe try');
  });

  it.each([
    ['--speed 2', /--speed/],
    ['try it', /one thing too many: it/],
    ['--api-key k --api-key-file f', /Choose one/],
    ['--url ftp://a.example', /--url ftp/],
  ])('%s is refused with what to change', (line, why) => {
    expect(() => optionsOf(line)).toThrow(why);
    expect(() => optionsOf(line)).toThrow(expect.objectContaining({ code: 'usage.invalid' }));
  });

  it('find the key in a file, and never say what else is in it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'veriframe-try-'));
    try {
      const file = join(folder, 'key');
      await writeFile(file, 'vf_key\n');
      expect(await apiKeyOf(optionsOf(`--api-key-file ${file}`), {}, folder)).toBe('vf_key');
      const missing = optionsOf(`--api-key-file ${join(folder, 'no-key')}`);
      await expect(apiKeyOf(missing, { VERIFRAME_API_KEY: 'k' }, folder)).rejects.toMatchObject({
        code: 'api_key.missing',
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('the server on trial', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  /** A server that gives these answers in turn, and the last one from then on. */
  async function answering(...answers: readonly (readonly [status: number, body: object])[]) {
    let asked = 0;
    const server = createServer((_, response) => {
      const [status, body] = answers[Math.min(asked++, answers.length - 1)] ?? [500, {}];
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const endpoints = endpointsOf(`http://127.0.0.1:${portOf(server)}`);
    return { endpoints, onTrial: new ServerOnTrial(endpoints, 'vf_key'), asked: () => asked };
  }
  const failing = (code: string) => ({ error: { code, message: '', retry: 'never' } });

  it('is not a program that answers as something else', async () => {
    const { endpoints } = await answering([200, { name: 'nginx' }]);
    await expect(describeServer(endpoints, never)).rejects.toMatchObject({ code: 'api.unexpected' });
  });

  it('takes a key that may not read the record, which is then said in place of what decided', async () => {
    const { onTrial } = await answering([403, failing('api.not_granted')]);
    await onTrial.checkKey(never);
    const audit = await onTrial.auditOf('a-session', never);
    expect(audit).toMatchObject({ known: false, why: expect.stringContaining('mayObserve') });
    expect(whatDecided(decided('accept', { audit }))).toContain(
      'Reasons     not shown: the API key does not',
    );
  });

  it('is asked again for an erasure that is not finished, and not without end', async () => {
    const busy = [503, failing('subject.busy')] as const;
    const finished = await answering(busy, busy, [200, {}]);
    await finished.onTrial.erase('someone');
    expect(finished.asked()).toBe(3);
    const endless = await answering(busy);
    await expect(endless.onTrial.erase('someone')).rejects.toMatchObject({ code: 'subject.busy' });
  });

  it('has erased whom it does not know', async () => {
    const { onTrial, asked } = await answering([404, failing('subject.unknown')]);
    await onTrial.erase('someone');
    expect(asked()).toBe(1);
  });
});

function decided(outcome: SessionResult['outcome'], more: Partial<SessionResult> = {}): SessionResult {
  const audit = {
    known: true,
    reasons: ['match-below-threshold'],
    measured: ['match'],
    unmeasured: [],
  } as const;
  const claims = {
    outcome,
    policy: 'standard',
    tier: 'base',
    challengesPassed: 4,
    subject: outcome === 'accept' ? 'secret-id' : null,
  };
  return { outcome, slowness: null, claims, audit, sent: [], tookMs: 1234, ...more };
}

describe('the report of the trial', () => {
  it('says what the token says without the id that it names', () => {
    const said = whatDecided(decided('accept'));
    expect(said).toContain('policy standard, base tier, challenges passed 4, names the subject');
    expect(said).not.toContain('secret-id');
    expect(whatDecided(decided('reject'))).toContain('names nobody');
    expect(whatDecided(decided('reject', { claims: null }))).toContain('Token       none');
  });

  it('ends with a table of what was tried, how it ended and what decided', () => {
    const [enrol, verify] = steps as [Step, Step];
    const table = summary([
      { tried: true, step: enrol, asExpected: true, attempts: 2, session: decided('accept') },
      { tried: false, step: verify },
    ]);
    expect(table).toMatch(/^tried +outcome +expected +what decided +seconds$/m);
    expect(table).toMatch(/^ada enrols +accept \(attempt 2\) +accepted +match-below-threshold +1\.2$/m);
    expect(table).toMatch(/^ada verifies +not tried/m);
    expect(table).toContain('1 of 2 did not end as they should.');
    expect(table).not.toContain('too busy');
  });

  it('says that a machine was too busy where that is why a session was not judged', () => {
    const session = decided('re-verify', { slowness: 'service' });
    const [step] = steps as [Step];
    const starved = { tried: true, step, asExpected: false, attempts: 3, session } as const;
    expect(summary([starved])).toContain('This machine was too busy to judge all of them.');
  });
});
