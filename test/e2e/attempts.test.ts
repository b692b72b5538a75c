import { join } from 'node:path';
import Database from 'better-sqlite3';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CreatedSession } from '../../client/kiosk/api.ts';
import { decodeDownstream, encodeMessage } from '../../protocol/codec.ts';
import type { Downstream } from '../../protocol/downstream.ts';
import { ERRORS, type ErrorCode } from '../../protocol/errors.ts';
import type { Upstream } from '../../protocol/upstream.ts';
import { availableTransports } from '../../server/gateway/transport-choice.ts';
import { TestClient } from '../gateway/sockets.ts';
import { startRealServer, type RealServer } from '../../tools/throwaway-server.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const jpeg = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#888' } })
    .jpeg({ quality: 20 })
    .toBuffer();
const picture = await jpeg(320, 240);
const hugePicture = await jpeg(4000, 3000);
const garbage = Buffer.concat([picture.subarray(0, 200), Buffer.alloc(500, 7)]);

interface Entry {
  readonly sessionId: string;
  readonly outcome: string | null;
  readonly code: ErrorCode | null;
  readonly reasons: readonly string[];
  readonly subjectHash: string | null;
  readonly tier: string | null;
}

class Client {
  readonly raw: TestClient;
  constructor(raw: TestClient) {
    this.raw = raw;
  }
  static async open(server: RealServer, ticket: string): Promise<Client> {
    const client = new Client(await TestClient.open(server.streamUrl));
    client.say({ type: 'hello', ticket });
    return client;
  }
  say(message: Upstream): void {
    this.raw.send(encodeMessage(message));
  }
  frame(seq: number, image: Uint8Array = picture): void {
    this.say({ type: 'frame', seq, capturedAtMs: 40 * seq, image });
  }
  async hear<T extends Downstream['type']>(
    ...types: readonly T[]
  ): Promise<Extract<Downstream, { type: T }>> {
    for (let next = await this.raw.next(); next !== null; next = await this.raw.next()) {
      const message = decodeDownstream(next.bytes);
      if ((types as readonly string[]).includes(message.type))
        return message as Extract<Downstream, { type: T }>;
    }
    throw new Error(`closed before ${types.join()}`);
  }
}

const ticketFor = async (server: RealServer, subject: string, change = {}): Promise<CreatedSession> => {
  const body = { mode: 'verify', subject, concealUnknown: true, ...change };
  const created = await server.api<CreatedSession>('POST', '/v1/sessions', body);
  if (created.status !== 201) throw new Error(JSON.stringify(created.body));
  return created.body;
};

const entries = async (server: RealServer): Promise<readonly Entry[]> =>
  (await server.api<{ decisions: readonly Entry[] }>('GET', '/v1/decisions?limit=200')).body.decisions;

/** The entry of a session, once there is one. */
const entryOf = async (server: RealServer, sessionId: string): Promise<Entry> => {
  let found: readonly Entry[] = [];
  await expect
    .poll(async () => {
      found = (await entries(server)).filter((entry) => entry.sessionId === sessionId);
      return found.length;
    })
    .toBe(1);
  const [entry] = found;
  if (entry === undefined) throw new Error('there is no entry');
  return entry;
};

const isLocked = async (server: RealServer, subject: string): Promise<boolean> => {
  const body = { mode: 'verify', subject, concealUnknown: true };
  return (await server.api('POST', '/v1/sessions', body)).status === 429;
};

/** Every way in which a client can have its session ended, and what is then on record. */
const ENDS: readonly (readonly [string, ErrorCode | 're-verify', (client: Client) => void])[] = [
  ['R5: text', 'message.text', ({ raw }) => raw.send('{}')],
  ['R6: bytes that are no map', 'message.malformed', ({ raw }) => raw.send(new Uint8Array([0xc1]))],
  ['R7: an unknown type', 'message.unknown_type', (client) => client.say({ type: 'no' } as never)],
  ['R7: a missing field', 'message.invalid', (client) => client.say({ type: 'bye' } as never)],
  ['R8: more than the limit', 'message.too_large', (client) => client.frame(1, new Uint8Array(700_000))],
  [
    'R13: a second hello',
    'hello.repeated',
    (client) => client.say({ type: 'hello', ticket: 'x'.repeat(20) }),
  ],
  [
    'R15: an old number',
    'frame.out_of_order',
    (client) => {
      client.frame(5);
      client.frame(5);
    },
  ],
  [
    'R16: no credit',
    'frame.no_credit',
    (client) => {
      for (let seq = 1; seq <= 40; seq++) client.frame(seq);
    },
  ],
  [
    'R18: too many messages',
    'frame.rate',
    (client) => {
      for (let count = 0; count < 200; count++) client.say({ type: 'skip' });
    },
  ],
  ['R19: too many pixels', 'frame.too_many_pixels', (client) => client.frame(1, hugePicture)],
  ['R29: a bye', 're-verify', (client) => client.say({ type: 'bye', reason: 'cancelled' })],
  ['R29: a source that ended', 're-verify', (client) => client.say({ type: 'bye', reason: 'source-ended' })],
  ['R29: a fault of its own', 're-verify', (client) => client.say({ type: 'bye', reason: 'error' })],
  ['a socket that is gone', 're-verify', ({ raw }) => raw.socket.terminate()],
  ['a close frame', 're-verify', ({ raw }) => raw.socket.close(1000)],
];

describe.each(availableTransports().map(({ name }) => name))('attempts over %s', (transport) => {
  let server: RealServer;
  beforeAll(async () => {
    server = await startRealServer({ transport, env: { VERIFRAME_LOCK_OUT_FAILURES: '1' } });
  });
  afterAll(() => server.close());

  it.each(ENDS)('%s ends in one record, %s, and counts', async (title, ending, misbehave) => {
    const subject = title.replaceAll(/\W+/g, '-');
    const { ticket, sessionId } = await ticketFor(server, subject);
    expect(await isLocked(server, subject), 'a ticket is no attempt').toBe(false);
    const client = await Client.open(server, ticket);
    await client.hear('credit');
    expect(await isLocked(server, subject), 'an attempt counts from its beginning').toBe(true);
    misbehave(client);
    const code = ending === 're-verify' ? null : ending;
    if (code !== null) {
      for (let told = await client.hear('error'); told.code !== code; told = await client.hear('error'))
        expect(told.code).toBe('skip.not_allowed');
      expect((await client.raw.ended).code).toBe(ERRORS[code].closeCode);
    }
    const outcome = code === null ? ending : null;
    expect(await entryOf(server, sessionId)).toMatchObject({
      outcome,
      code,
      tier: code === null ? 'base' : null,
      subjectHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const view = async () => (await server.api('GET', `/v1/sessions/${sessionId}`)).body;
    await expect.poll(view).toMatchObject({ state: code === null ? 'decided' : 'ended', outcome, code });
    expect(await isLocked(server, subject)).toBe(true);
  });

  it('R19: too many unreadable pictures end in one record, and count', async () => {
    const { ticket, sessionId } = await ticketFor(server, 'unreadable');
    const client = await Client.open(server, ticket);
    await client.hear('credit');
    let last: ErrorCode = 'frame.undecodable';
    for (let seq = 1; seq < 50 && last === 'frame.undecodable'; seq++) {
      client.frame(seq, garbage);
      last = (await client.hear('error')).code;
    }
    expect((await entryOf(server, sessionId)).code).toBe('frame.too_many_undecodable');
    expect(await isLocked(server, 'unreadable')).toBe(true);
  });

  it('a hello whose client does not wait for the answer is an attempt like any other', async () => {
    const { ticket, sessionId } = await ticketFor(server, 'hasty');
    const client = await Client.open(server, ticket);
    client.raw.socket.terminate();
    const { body } = await server.api<{ state: string }>('GET', `/v1/sessions/${sessionId}`);
    // Where the hello was not read before the socket was gone, the ticket is still good.
    if (body.state === 'waiting') (await Client.open(server, ticket)).raw.socket.terminate();
    expect(await entryOf(server, sessionId)).toMatchObject({
      outcome: 're-verify',
      reasons: ['disconnected'],
    });
    expect(await isLocked(server, 'hasty')).toBe(true);
  });

  it('R12: two sockets with one ticket are one attempt, and one that is never used is none', async () => {
    const unused = await ticketFor(server, 'twice');
    const { ticket, sessionId } = await ticketFor(server, 'twice');
    const clients = await Promise.all([Client.open(server, ticket), Client.open(server, ticket)]);
    const heard = await Promise.all(clients.map((client) => client.hear('credit', 'error')));
    expect(heard.map((one) => (one.type === 'error' ? one.code : one.type)).toSorted()).toEqual([
      'credit',
      'ticket.invalid',
    ]);
    for (const { raw } of clients) raw.socket.terminate();
    await entryOf(server, sessionId);
    expect((await entries(server)).some((entry) => entry.sessionId === unused.sessionId)).toBe(false);
  });

  it('a reference that does not open ends the attempt, by no fault of the person’s', async () => {
    const { ticket, sessionId } = await ticketFor(server, 'tampered');
    const database = new Database(join(server.dataDir, 'veriframe.db'));
    database.exec('ALTER TABLE reference RENAME TO reference_hidden');
    try {
      const client = await Client.open(server, ticket);
      expect((await client.hear('error')).code).toBe('server.internal');
    } finally {
      database.exec('ALTER TABLE reference_hidden RENAME TO reference');
      database.close();
    }
    expect((await entryOf(server, sessionId)).code).toBe('server.internal');
    expect(await isLocked(server, 'tampered')).toBe(false);
  });
});

describe('a subject with few tries left', () => {
  const clock = new VirtualClock();
  let server: RealServer;
  const started: RealServer[] = [];
  const FEW_TRIES = {
    VERIFRAME_LOCK_OUT_FAILURES: '2',
    VERIFRAME_LOCK_OUT_MS: '60000',
  };
  const start = async () => {
    server = await startRealServer({
      transport: 'auto',
      clock,
      env: FEW_TRIES,
    });
    started.push(server);
  };
  afterEach(async () => {
    for (const one of started.splice(0)) {
      const closed = one.close();
      // What is left of its sessions gets no time, by a clock that has to be moved.
      clock.advance(1);
      await closed;
    }
  });

  it('takes no more of many tickets redeemed at once, and says to the millisecond when the next is let in', async () => {
    await start();
    const tickets = [];
    for (let made = 0; made < 5; made++) tickets.push(await ticketFor(server, 'many'));
    expect(await isLocked(server, 'many')).toBe(false);
    clock.advance(500);
    const clients = await Promise.all(tickets.map(({ ticket }) => Client.open(server, ticket)));
    const heard = await Promise.all(clients.map((client) => client.hear('credit', 'error')));
    const refused = heard.flatMap((one, at) => (one.type === 'error' ? [{ ...one, at }] : []));
    expect(refused).toHaveLength(3);
    for (const { code, retry, retryAfterMs, at } of refused) {
      expect([code, retry, retryAfterMs]).toEqual(['subject.locked', 'backoff', 60_000]);
      expect((await clients[at].raw.ended).code).toBe(ERRORS['subject.locked'].closeCode);
    }
    for (const { raw } of clients) raw.socket.terminate();
    await expect.poll(async () => (await entries(server)).length).toBe(2);

    // A refusal uses no ticket up, and neither it nor the tickets themselves prolong anything.
    const late = tickets[refused[0].at].ticket;
    clock.advance(59_999);
    const early = await Client.open(server, late);
    expect(await early.hear('error', 'credit')).toMatchObject({ code: 'subject.locked', retryAfterMs: 1 });
    const { status } = await server.api('POST', '/v1/sessions', {
      mode: 'verify',
      subject: 'many',
      concealUnknown: true,
    });
    expect(status).toBe(429);
    clock.advance(1);
    const client = await Client.open(server, late);
    expect((await client.hear('credit', 'error')).type).toBe('credit');
    client.raw.socket.terminate();
  });

  it('is not locked by sessions that the server ended, which are on record', async () => {
    await start();
    const sessions = [];
    for (let at = 0; at < 2; at++) {
      sessions.push(await ticketFor(server, 'drained'));
      await (await Client.open(server, sessions[at].ticket)).hear('credit');
    }
    expect(await isLocked(server, 'drained')).toBe(true);
    const { dataDir } = server;
    const stopped = server.stop(0);
    clock.advance(1);
    await stopped;
    const again = await startRealServer({
      transport: 'auto',
      clock,
      dataDir,
      env: FEW_TRIES,
    });
    try {
      for (const { sessionId } of sessions)
        expect((await entryOf(again, sessionId)).code).toBe('server.draining');
      expect(await isLocked(again, 'drained')).toBe(false);
    } finally {
      await again.close();
    }
  });
});
