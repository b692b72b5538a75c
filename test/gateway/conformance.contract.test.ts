import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Transport } from '../../server/gateway/transport.ts';
import { Echo } from './echo.ts';
import { TRANSPORTS } from './harness.ts';
import { TestClient } from './sockets.ts';
import { closeFrame, converse, frameBytes, OPCODE, type ServerFrame } from './websocket-frames.ts';

const { continuation, text, binary, close, ping, pong } = OPCODE;
const MAX_MESSAGE_BYTES = 1024 * 1024;
const BYE = closeFrame(1000);

const filled = (length: number) => Buffer.alloc(length, 0x2a);
const fragment = (opcode: number, payload: Uint8Array) => frameBytes(opcode, payload, { final: false });
const codeOf = ({ payload }: ServerFrame) => (payload.length >= 2 ? payload.readUInt16BE(0) : null);

/**
 * Where a transport is laxer than RFC 6455. Each harms only the sender: its bytes are read as another message than it
 * meant, within the same limits. Text, valid or not, is refused one level up (SPEC R5), so it is not among the cases.
 */
const LAX: Readonly<Record<string, readonly string[]>> = {
  uws: ['a message that begins within another', 'a frame that is not masked'],
  ws: ['a close whose reason is no UTF-8'],
};

/** The cases of RFC 6455 that a peer can put to a server, after the list of the Autobahn test suite. */
describe.each(TRANSPORTS)('WebSocket conformance: %s', (name, create) => {
  let echo: Echo;
  let transport: Transport;
  let port: number;

  beforeAll(async () => {
    echo = new Echo();
    transport = create(echo, {
      maxMessageBytes: MAX_MESSAGE_BYTES,
      maxHeaderBytes: 4096,
      requestTimeoutMs: 600_000,
      idleTimeoutMs: 600_000,
      maxTcpConnections: 2000,
      maxBufferedBytes: 4 * MAX_MESSAGE_BYTES,
      trustForwardedFor: false,
    });
    port = await transport.listen({ host: '127.0.0.1', port: 0 });
  });
  afterAll(() => transport.close());

  /** What came back but the close that ends every conversation. */
  const answers = async (bytes: Buffer[], pieceLength?: number) =>
    (await converse(port, Buffer.concat([...bytes, BYE]), pieceLength)).filter(
      ({ opcode }) => opcode !== close,
    );

  it.each([
    0,
    1,
    125,
    126,
    127,
    128,
    65_535,
    65_536,
    MAX_MESSAGE_BYTES,
  ])('echoes a binary message of %i bytes', async (length) => {
    const sent = filled(length);
    const heard = await answers([frameBytes(binary, sent)]);
    expect(heard.map(({ opcode, payload }) => [opcode, payload.equals(sent)])).toEqual([[binary, true]]);
  });

  it.each([1, 7, 997])('takes a message that arrives in pieces of %i bytes', async (pieceLength) => {
    const sent = filled(600);
    expect(await answers([frameBytes(binary, sent), frameBytes(ping, filled(3))], pieceLength)).toEqual([
      { opcode: binary, payload: sent },
      { opcode: pong, payload: filled(3) },
    ]);
  });

  it.each([0, 1, 125])('answers a ping of %i bytes with the same bytes', async (length) => {
    expect(await answers([frameBytes(ping, filled(length))])).toEqual([
      { opcode: pong, payload: filled(length) },
    ]);
  });

  it('answers pings in order and pongs not at all', async () => {
    const payloads = Array.from({ length: 10 }, (_unused, i) => Buffer.from([i]));
    const sent = payloads.flatMap((payload) => [frameBytes(pong, filled(5)), frameBytes(ping, payload)]);
    expect((await answers(sent)).map(({ payload }) => payload)).toEqual(payloads);
  });

  it.each([
    ['two', [fragment(binary, filled(3)), frameBytes(continuation, filled(4))], 7],
    [
      'three, empty ones among them',
      [fragment(binary, filled(0)), fragment(continuation, filled(4)), frameBytes(continuation, filled(0))],
      4,
    ],
    [
      'many',
      [
        fragment(binary, filled(1)),
        ...Array.from({ length: 50 }, () => fragment(continuation, filled(1))),
        frameBytes(continuation, filled(1)),
      ],
      52,
    ],
  ])('joins a message of %s fragments', async (_title, frames, length) => {
    expect(await answers(frames)).toEqual([{ opcode: binary, payload: filled(length) }]);
  });

  it('answers a ping between fragments before it joins them', async () => {
    const frames = [
      fragment(binary, filled(2)),
      frameBytes(ping, filled(1)),
      frameBytes(continuation, filled(2)),
    ];
    expect((await answers(frames)).map(({ opcode }) => opcode)).toEqual([pong, binary]);
  });

  const violations: readonly (readonly [string, Buffer])[] = [
    ...[1, 2, 4, 7].map(
      (reserved) => [`reserved bits ${reserved}`, frameBytes(binary, filled(2), { reserved })] as const,
    ),
    ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map(
      (opcode) => [`opcode ${opcode}`, frameBytes(opcode, filled(2))] as const,
    ),
    ['a ping of 126 bytes', frameBytes(ping, filled(126))],
    ['a ping in fragments', frameBytes(ping, filled(1), { final: false })],
    ['a close in fragments', frameBytes(close, Buffer.from([3, 232]), { final: false })],
    ['a continuation of nothing', frameBytes(continuation, filled(2))],
    [
      'a message that begins within another',
      Buffer.concat([fragment(binary, filled(2)), frameBytes(binary, filled(2))]),
    ],
    [
      'text within a binary message',
      Buffer.concat([fragment(binary, filled(2)), frameBytes(text, filled(2))]),
    ],
    ['a close of one byte', frameBytes(close, filled(1))],
    ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 65_535].map(
      (code) => [`close code ${code}`, closeFrame(code)] as const,
    ),
    ['a close whose reason is no UTF-8', closeFrame(1000, Buffer.from([0xce, 0xba, 0xe1, 0xbd]))],
    ['a length with its highest bit set', frameBytes(binary, filled(8), { claimedLength: 2n ** 63n + 1n })],
    [
      'a length beyond the limit',
      frameBytes(binary, filled(8), { claimedLength: BigInt(MAX_MESSAGE_BYTES) + 1n }),
    ],
    [
      'fragments beyond the limit',
      Buffer.concat([fragment(binary, filled(MAX_MESSAGE_BYTES)), frameBytes(continuation, filled(1))]),
    ],
    ['a frame that is not masked', frameBytes(binary, filled(2), { masked: false })],
  ];

  it.each(
    violations.filter(([title]) => !LAX[name]?.includes(title)),
  )('ends the connection on %s and says nothing of it to its owner', async (_title, bytes) => {
    const before = echo.messages.length;
    const frames = await converse(port, Buffer.concat([bytes, frameBytes(binary, filled(9))]));
    expect(frames.filter(({ opcode }) => opcode !== close)).toEqual([]);
    for (const frame of frames) expect([1002, 1005, 1006, 1007, 1009, null]).toContain(codeOf(frame));
    expect(echo.messages.length).toBe(before);
  });

  it.each([
    1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999,
  ])('answers close code %i with a close', async (code) => {
    const frames = await converse(port, closeFrame(code, Buffer.from('bye')));
    expect(frames.map(({ opcode }) => opcode)).toEqual([close]);
  });

  it('answers a close without a code, and hears nothing that follows a close', async () => {
    const before = echo.messages.length;
    const frames = await converse(port, Buffer.concat([frameBytes(close), frameBytes(binary, filled(2))]));
    expect(frames.map(({ opcode }) => opcode)).toEqual([close]);
    expect(echo.messages.length).toBe(before);
  });

  it('still serves others after all that', async () => {
    const client = await TestClient.open(`ws://127.0.0.1:${port}/socket`);
    client.send(filled(4));
    expect((await client.next())?.bytes).toEqual(new Uint8Array(filled(4)));
    client.socket.close();
  });
});
