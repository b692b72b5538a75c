import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CreatedSession } from '../../client/kiosk/api.ts';
import { decodeDownstream, encodeMessage } from '../../protocol/codec.ts';
import type { Downstream } from '../../protocol/downstream.ts';
import { ERRORS, type ErrorCode } from '../../protocol/errors.ts';
import type { Upstream } from '../../protocol/upstream.ts';
import { availableTransports } from '../../server/gateway/transport-choice.ts';
import { TestClient } from '../gateway/sockets.ts';
import { startRealServer, type RealServer } from '../../tools/throwaway-server.ts';

const picture = await sharp({ create: { width: 320, height: 240, channels: 3, background: '#888' } })
  .jpeg()
  .toBuffer();
const hugePicture = await sharp({ create: { width: 4000, height: 3000, channels: 3, background: '#888' } })
  .jpeg({ quality: 20 })
  .toBuffer();

const frame = (seq: number, image: Uint8Array = picture): Upstream => ({
  type: 'frame',
  seq,
  capturedAtMs: 40 * seq,
  image,
});

describe.each(
  availableTransports().map(({ name }) => name),
)('a session over %s refuses what breaks its rules', (transport) => {
  let server: RealServer;
  beforeAll(async () => {
    server = await startRealServer({ transport });
  });
  afterAll(() => server.close());

  const ticket = async (): Promise<string> => {
    const { body } = await server.api<CreatedSession>('POST', '/v1/sessions', {
      mode: 'enrol',
      subject: 'someone',
    });
    return body.ticket;
  };

  class Client {
    readonly raw: TestClient;
    constructor(raw: TestClient) {
      this.raw = raw;
    }
    static async welcomed(): Promise<Client> {
      const client = new Client(await TestClient.open(server.streamUrl));
      client.say({ type: 'hello', ticket: await ticket() });
      expect((await client.hear('welcome')).limits.maxFramesPerSecond).toBeGreaterThan(0);
      expect((await client.hear('credit')).frames).toBeGreaterThan(0);
      return client;
    }
    say(message: Upstream): void {
      this.raw.send(encodeMessage(message));
    }
    async hear<T extends Downstream['type']>(type: T): Promise<Extract<Downstream, { type: T }>> {
      for (let next = await this.raw.next(); next !== null; next = await this.raw.next()) {
        const message = decodeDownstream(next.bytes);
        if (message.type === type) return message as Extract<Downstream, { type: T }>;
      }
      throw new Error(`closed before ${type}`);
    }
    async expectEnd(code: ErrorCode): Promise<void> {
      expect((await this.hear('error')).code).toBe(code);
      expect(await this.raw.ended).toEqual({ code: ERRORS[code].closeCode, reason: code });
    }
  }

  /** The next client gets through: its frame is analysed by a real worker. */
  const expectNextIsServed = async () => {
    const client = await Client.welcomed();
    client.say(frame(1));
    await client.hear('credit');
    expect((await client.hear('status')).hint).toBe('no-face');
    client.say({ type: 'bye', reason: 'cancelled' });
    expect((await client.raw.ended).code).toBe(1000);
  };

  const cases: readonly [string, ErrorCode, (client: Client) => void][] = [
    ['R5: text', 'message.text', ({ raw }) => raw.send('{}')],
    ['R6: bytes that are no map', 'message.malformed', ({ raw }) => raw.send(new Uint8Array([0xc1]))],
    [
      'R8: more than the limit',
      'message.too_large',
      (client) => client.say(frame(1, new Uint8Array(700_000))),
    ],
    [
      'R13: a second hello',
      'hello.repeated',
      (client) => client.say({ type: 'hello', ticket: 'x'.repeat(20) }),
    ],
    [
      'R15: frames out of order',
      'frame.out_of_order',
      (client) => {
        client.say(frame(5));
        client.say(frame(5));
      },
    ],
    [
      'R16: frames without credit',
      'frame.no_credit',
      (client) => {
        for (let seq = 1; seq <= 40; seq++) client.say(frame(seq));
      },
    ],
    ['R19: too many pixels', 'frame.too_many_pixels', (client) => client.say(frame(1, hugePicture))],
  ];
  it.each(cases)('%s ends with %s and the next client is served', async (_title, code, misbehave) => {
    const client = await Client.welcomed();
    misbehave(client);
    await client.expectEnd(code);
    await expectNextIsServed();
  });

  it('R19: an unreadable picture is told and costs neither credit nor session; too many end it', async () => {
    const client = await Client.welcomed();
    const garbage = Buffer.concat([picture.subarray(0, 200), Buffer.alloc(500, 7)]);
    let seq = 0;
    client.say(frame(++seq, garbage));
    expect((await client.hear('error')).code).toBe('frame.undecodable');
    expect((await client.hear('credit')).frames).toBe(1);
    let last: ErrorCode = 'frame.undecodable';
    while (last === 'frame.undecodable' && seq < 50) {
      client.say(frame(++seq, garbage));
      last = (await client.hear('error')).code;
    }
    expect(last).toBe('frame.too_many_undecodable');
    expect((await client.raw.ended).code).toBe(ERRORS['frame.too_many_undecodable'].closeCode);
  });

  it('R12: a ticket opens one session, and a second client that brings it is refused', async () => {
    const once = await ticket();
    const first = new Client(await TestClient.open(server.streamUrl));
    first.say({ type: 'hello', ticket: once });
    await first.hear('welcome');
    const second = new Client(await TestClient.open(server.streamUrl));
    second.say({ type: 'hello', ticket: once });
    await second.expectEnd('ticket.invalid');
    first.say({ type: 'bye', reason: 'cancelled' });
    await first.raw.ended;
  });

  it('R27: a session that its client leaves is decided, on record, and never accepted', async () => {
    const created = await server.api<CreatedSession>('POST', '/v1/sessions', {
      mode: 'enrol',
      subject: 'someone',
    });
    const client = new Client(await TestClient.open(server.streamUrl));
    client.say({ type: 'hello', ticket: created.body.ticket });
    await client.hear('credit');
    client.raw.socket.terminate();
    await expect
      .poll(
        async () =>
          (await server.api<{ outcome: string }>('GET', `/v1/sessions/${created.body.sessionId}`)).body
            .outcome,
      )
      .toBe('re-verify');
  });

  it('a decision waits for its place on record, and is never told without one', async () => {
    const path = join(server.dataDir, 'veriframe.db');
    const openOne = async () => {
      const { body } = await server.api<CreatedSession>('POST', '/v1/sessions', {
        mode: 'enrol',
        subject: 'someone',
      });
      const client = new Client(await TestClient.open(server.streamUrl));
      client.say({ type: 'hello', ticket: body.ticket });
      await client.hear('credit');
      return { client, found: () => server.api('GET', `/v1/sessions/${body.sessionId}`) };
    };
    const order: string[] = [];
    const { client, found } = await openOne();
    const lost = await openOne();
    const lock = new Database(path);
    lock.exec('BEGIN IMMEDIATE');
    client.say({ type: 'bye', reason: 'cancelled' });
    const told = client.hear('decision').then(() => order.push('told'));
    client.raw.socket.ping();
    await new Promise((resolve) => client.raw.socket.once('pong', resolve));
    expect((await found()).body).toMatchObject({ outcome: null });
    order.push('unlocked');
    lock.exec('ROLLBACK');
    lock.close();
    await told;
    expect(order).toEqual(['unlocked', 'told']);
    expect((await found()).body).toMatchObject({ outcome: 're-verify' });

    for (const ending of ['', '-wal', '-shm']) await rm(path + ending);
    lost.client.say({ type: 'bye', reason: 'cancelled' });
    await lost.client.expectEnd('server.internal');
    const ended = { state: 'ended', outcome: null, code: 'server.internal' };
    expect((await lost.found()).body).toMatchObject(ended);

    // Nobody is let in, and shown anything, whose attempt cannot be put on record.
    const { body } = await server.api<CreatedSession>('POST', '/v1/sessions', {
      mode: 'enrol',
      subject: 'someone',
    });
    const late = new Client(await TestClient.open(server.streamUrl));
    late.say({ type: 'hello', ticket: body.ticket });
    await late.expectEnd('server.internal');
    expect((await server.api('GET', `/v1/sessions/${body.sessionId}`)).body).toMatchObject(ended);
  });
});
