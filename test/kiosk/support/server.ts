import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { WebSocketServer, type WebSocket } from 'ws';
import { decodeUpstream, encodeMessage } from '../../../protocol/codec.ts';
import type { Downstream, Welcome } from '../../../protocol/downstream.ts';
import { ERRORS, type ErrorCode } from '../../../protocol/errors.ts';
import type { Mode, Outcome } from '../../../protocol/status.ts';
import type { Frame, Upstream } from '../../../protocol/upstream.ts';
import { SUBPROTOCOL } from '../../../protocol/version.ts';

/** The HTTP requests of a client. */
interface Asked {
  readonly mode: Mode;
  readonly subject?: string;
  readonly policy?: string;
  readonly nonce: string;
}

/** One socket from the view of a script. */
export interface Peer {
  readonly socket: WebSocket;
  readonly asked: Asked;
  /** All messages of the client, `hello` first. */
  readonly heard: Upstream[];
  readonly frames: Frame[];
  send(message: Downstream): void;
  /** Sends the error and closes with its code (SPEC R30). */
  fail(code: ErrorCode): void;
  /** Sends a decision with a token, and closes. `claims` replaces claims of the token. */
  decide(outcome: Outcome, token?: TokenChoice): Promise<void>;
}

export interface TokenChoice {
  readonly claims?: Record<string, unknown>;
  /** Signs with an unpublished key. */
  readonly foreignKey?: boolean;
  readonly omit?: boolean;
  /** The `typ` header. */
  readonly type?: string;
  readonly expiresAtS?: number;
  /** The policy that it names; by default the one that was asked for. */
  readonly policy?: string;
}

export interface Script {
  /** Called after `hello`. By default it sends `welcome`, two credits, and one credit for each frame. */
  readonly hello?: (peer: Peer) => void;
  readonly frame?: (peer: Peer, frame: Frame) => void;
  readonly bye?: (peer: Peer, reason: string) => void;
  readonly skip?: (peer: Peer) => void;
  /** Refuses POST /v1/sessions. */
  refuseSession?: ErrorCode;
  /** Refuses the upgrade. */
  refuseUpgrade?: ErrorCode;
  limits?: Partial<Welcome['limits']>;
}

export const API_KEY = 'vf_test_0123456789abcdef0123456789abcdef';
export const SESSION_ID = 'session-of-the-test';
/** Named in every token. */
export const ISSUER = 'veriframe';
const TICKET = 'ticket-of-the-test-0001';

/** A server that speaks veriframe.v1 over a real socket and decides as its script says. */
export interface TestServer {
  readonly url: string;
  readonly streamUrl: string;
  readonly ticket: string;
  readonly asked: Asked[];
  readonly peers: Peer[];
  close(): Promise<void>;
}

/** The port to which a server is bound. */
export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('the server has no port');
  return address.port;
}

export async function startServer(script: Script): Promise<TestServer> {
  const published = await generateKeyPair('EdDSA');
  const foreign = await generateKeyPair('EdDSA');
  const jwks = {
    keys: [{ ...(await exportJWK(published.publicKey)), kid: 'test', alg: 'EdDSA', use: 'sig' }],
  };
  const asked: Asked[] = [];
  const peers: Peer[] = [];

  const http = createServer((request, response) => {
    void (async () => {
      if (request.url === '/.well-known/jwks.json') return json(response, 200, jwks);
      if (request.url !== '/v1/sessions' || request.method !== 'POST')
        return refuse(response, 'api.not_found');
      if (request.headers.authorization !== `Bearer ${API_KEY}`) return refuse(response, 'api.unauthorized');
      const body: Asked = JSON.parse(await bodyOf(request));
      asked.push(body);
      if (script.refuseSession !== undefined) return refuse(response, script.refuseSession);
      return json(response, 201, {
        sessionId: SESSION_ID,
        ticket: TICKET,
        expiresAtMs: Date.now() + 60_000,
        socketPath: '/v1/stream',
        subprotocol: SUBPROTOCOL,
      });
    })();
  });
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  http.on('upgrade', (request, socket, head) => {
    if (script.refuseUpgrade !== undefined) {
      const body = JSON.stringify({ error: { code: script.refuseUpgrade, message: '', retry: 'never' } });
      socket.end(
        `HTTP/1.1 ${ERRORS[script.refuseUpgrade].httpStatus} No\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
      );
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      peers.push(
        serve(webSocket, script, asked.at(-1) ?? { mode: 'verify', nonce: '' }, (claims, choice) =>
          sign((choice.foreignKey === true ? foreign : published).privateKey, claims, choice),
        ),
      );
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const port = portOf(http);
  return {
    url: `ws://127.0.0.1:${port}`,
    streamUrl: `ws://127.0.0.1:${port}/v1/stream`,
    ticket: TICKET,
    asked,
    peers,
    async close() {
      for (const { socket } of peers) socket.terminate();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

/** What a token says of its decision. */
export const said = (decided: {
  readonly mode: Mode;
  readonly outcome: Outcome;
  readonly policy?: string;
}) => ({
  policy: 'standard',
  assurance: { tier: 'base', measured: ['match'], unmeasured: [], challengesPassed: 2 },
  ...decided,
});

function serve(
  socket: WebSocket,
  script: Script,
  asked: Asked,
  signClaims: (claims: Record<string, unknown>, choice: TokenChoice) => Promise<string>,
): Peer {
  const peer: Peer = {
    socket,
    asked,
    heard: [],
    frames: [],
    send: (message) => socket.send(encodeMessage(message)),
    fail(code) {
      const { message, retry, closeCode } = ERRORS[code];
      peer.send({ type: 'error', code, message, retry });
      if (closeCode !== null) socket.close(closeCode, code);
    },
    async decide(outcome, choice = {}) {
      const { mode, nonce, subject } = asked;
      const token = await signClaims(
        {
          jti: SESSION_ID,
          nonce,
          ...(outcome === 'accept' ? { sub: subject ?? 'anna' } : {}),
          veriframe: said({ mode, outcome, policy: choice.policy ?? asked.policy ?? 'standard' }),
          ...choice.claims,
        },
        choice,
      );
      peer.send({ type: 'decision', outcome, retry: 'now', ...(choice.omit === true ? {} : { token }) });
      socket.close(1000);
    },
  };
  socket.on('message', (data: Buffer) => {
    const message = decodeUpstream(data);
    peer.heard.push(message);
    switch (message.type) {
      case 'hello':
        return (script.hello ?? welcomeWithTwoCredits(script))(peer);
      case 'frame':
        peer.frames.push(message);
        return (script.frame ?? giveCreditBack)(peer, message);
      case 'possession':
        return;
      case 'skip':
        return script.skip?.(peer);
      case 'bye':
        return script.bye?.(peer, message.reason);
    }
  });
  return peer;
}

export function welcome(peer: Peer, limits: Partial<Welcome['limits']> = {}): void {
  peer.send({
    type: 'welcome',
    sessionId: SESSION_ID,
    mode: peer.asked.mode,
    policy: peer.asked.policy ?? 'standard',
    limits: {
      maxImageBytes: 512 * 1024,
      maxImagePixels: 1_000_000,
      maxFramesPerSecond: 30,
      maxSessionMs: 30_000,
      ...limits,
    },
  });
}

export const giveCreditBack = (peer: Peer) => peer.send({ type: 'credit', frames: 1 });

const welcomeWithTwoCredits = (script: Script) => (peer: Peer) => {
  welcome(peer, script.limits);
  peer.send({ type: 'credit', frames: 2 });
};

function sign(
  key: CryptoKey,
  claims: Record<string, unknown>,
  { type = 'veriframe-decision+jwt', expiresAtS }: TokenChoice,
): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'EdDSA', kid: 'test', typ: type })
    .setIssuedAt()
    .setIssuer(ISSUER)
    .setExpirationTime(expiresAtS ?? '5m')
    .sign(key);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const part of request) body += String(part);
  return body;
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function refuse(response: ServerResponse, code: ErrorCode): void {
  const { message, retry, httpStatus } = ERRORS[code];
  json(response, httpStatus, { error: { code, message, retry } });
}
