import { connect, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import { SUBPROTOCOL } from '../../protocol/version.ts';

export interface End {
  readonly code: number;
  readonly reason: string;
}

/** A real WebSocket client that keeps what it heard and lets a test wait for more. */
export class TestClient {
  readonly socket: WebSocket;
  readonly opened: Promise<void>;
  readonly ended: Promise<End>;
  readonly #heard: { bytes: Uint8Array; isBinary: boolean }[] = [];
  #wake: (() => void)[] = [];

  constructor(url: string, options: { subprotocol?: string | null; origin?: string } = {}) {
    const { subprotocol = SUBPROTOCOL, origin } = options;
    this.socket = new WebSocket(url, subprotocol === null ? [] : [subprotocol], {
      perMessageDeflate: true,
      ...(origin === undefined ? {} : { origin }),
    });
    this.opened = new Promise((resolve, reject) => {
      this.socket.once('open', resolve);
      this.socket.once('error', reject);
    });
    this.opened.catch(() => undefined);
    this.ended = new Promise((resolve) => {
      this.socket.once('close', (code, reason) => {
        resolve({ code, reason: reason.toString() });
        this.#notify();
      });
    });
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data: Buffer, isBinary) => {
      this.#heard.push({ bytes: new Uint8Array(data), isBinary });
      this.#notify();
    });
  }

  static async open(url: string, options: { origin?: string } = {}): Promise<TestClient> {
    const client = new TestClient(url, options);
    await client.opened;
    return client;
  }

  send(data: Uint8Array | string): void {
    this.socket.send(data);
  }

  /** The next message, or null when the connection ends first. */
  async next(): Promise<{ bytes: Uint8Array; isBinary: boolean } | null> {
    while (this.#heard.length === 0) {
      if (this.socket.readyState === WebSocket.CLOSED) return null;
      await new Promise<void>((resolve) => {
        this.#wake.push(resolve);
      });
    }
    return this.#heard.shift() ?? null;
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

/** Status and body of a refused upgrade; rejects when the upgrade is accepted. */
export function refusedUpgrade(
  url: string,
  options: { subprotocol?: string | null; origin?: string } = {},
): Promise<{ status: number; body: string }> {
  const { subprotocol = SUBPROTOCOL, origin } = options;
  const socket = new WebSocket(
    url,
    subprotocol === null ? [] : [subprotocol],
    origin === undefined ? {} : { origin },
  );
  return new Promise((resolve, reject) => {
    socket.on('open', () => {
      socket.terminate();
      reject(new Error('the upgrade was accepted'));
    });
    socket.on('error', reject);
    socket.on('unexpected-response', (_, response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
      );
    });
  });
}

/** A bare TCP connection, and all it heard once the peer ended it. */
export function rawConnection(port: number): { socket: Socket; heard: Promise<string> } {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  const heard = new Promise<string>((resolve) => {
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
  });
  return { socket, heard };
}

/** An upgrade request as bytes, for peers that then misbehave below the WebSocket level. */
export function upgradeRequest(path: string, subprotocol = SUBPROTOCOL): string {
  return [
    `GET ${path} HTTP/1.1`,
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    `Sec-WebSocket-Protocol: ${subprotocol}`,
    '\r\n',
  ].join('\r\n');
}
