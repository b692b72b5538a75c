import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { HELP_WORKER } from '../../../tools/build/browser.ts';
import { loadPrepared } from '../../../models/prepared.ts';
import { modelCacheDir } from '../../../models/prepare/settings.ts';
import { SUBPROTOCOL } from '../../../protocol/version.ts';
import { ScriptedPeer } from './scripted-peer.ts';

export type Scenario = (peer: ScriptedPeer) => Promise<void> | void;

/** A page with the element and a scripted server, on one origin. */
export interface Site {
  readonly url: string;
  /** Runs `scenario` for every connection from now on, and forgets the earlier peers. */
  play(scenario: Scenario): void;
  /** Errors of scenarios, and violations of the protocol by clients. */
  failures(): readonly string[];
  readonly peers: readonly ScriptedPeer[];
  /** Answers ticket requests with 500 while it is set. */
  refuseTickets(refuse: boolean): void;
  close(): Promise<void>;
}

const PAGE_FOLDER = fileURLToPath(new URL('../page/', import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.woff2': 'font/woff2',
  '.map': 'application/json',
  '.wasm': 'application/wasm',
};
/** A strict content security policy: nothing inline, no code generated at run time, nothing from other origins. */
const POLICY =
  "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; font-src 'self'; " +
  "connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'";
/** Only the worker that runs WebAssembly may do so, not the page that starts it. */
const HELP_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";
const HELP_FILE = /^\/help\/(vision_wasm_module_internal\.(?:js|wasm))$/;

/** The file of MediaPipe or the prepared model that a page requests from its help folder. */
async function helpFile(path: string): Promise<string | null> {
  const [, name] = HELP_FILE.exec(path) ?? [];
  if (name !== undefined) return fileURLToPath(import.meta.resolve(`@mediapipe/tasks-vision/${name}`));
  return path === '/help/face_landmarker.task' ? await helpModel() : null;
}

/** The model of the face landmarker, or null when it was not prepared. */
export async function helpModel(): Promise<string | null> {
  return (await loadPrepared(modelCacheDir())).browserAssets['face-landmarker'] ?? null;
}

/** Serves the built files of `built` and the test page, and speaks veriframe.v1 at `/v1/stream`. */
export async function openSite(built: string): Promise<Site> {
  let scenario: Scenario = () => {};
  let peers: ScriptedPeer[] = [];
  let isRefusing = false;
  let tickets = 0;
  const unused = new Set<string>();
  const failures: string[] = [];

  const http = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site');
    if (pathname === '/ticket') {
      const ticket = `ticket-of-the-test-${tickets++}`;
      unused.add(ticket);
      response.writeHead(isRefusing ? 500 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ ticket }));
      return;
    }
    const path = normalize(pathname === '/' ? '/index.html' : pathname);
    const home = path.startsWith('/veriframe/') ? built : PAGE_FOLDER;
    const find = async () => (await helpFile(path)) ?? join(home, path.replace('/veriframe/', '/'));
    find()
      .then(async (file) => readFile(file))
      .then(
        (content) => {
          response.writeHead(200, {
            'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
            'content-security-policy': path.endsWith(`/${HELP_WORKER}`) ? HELP_POLICY : POLICY,
          });
          response.end(content);
        },
        () => response.writeHead(404).end(),
      );
  });
  const sockets = new WebSocketServer({
    server: http,
    path: '/v1/stream',
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  sockets.on('connection', (socket) => {
    const peer = new ScriptedPeer(socket);
    const known = peers;
    known.push(peer);
    const run = async () => {
      await peer.until(() => peer.heard.length > 0);
      const [hello] = peer.heard;
      if (hello?.type !== 'hello' || !unused.delete(hello.ticket)) failures.push('no fresh ticket in hello');
      await scenario(peer);
    };
    run().catch((error: unknown) => {
      if (known === peers && !String(error).includes('the client is gone')) failures.push(String(error));
    });
  });

  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('no port');

  return {
    url: `http://127.0.0.1:${address.port}/`,
    play(next) {
      scenario = next;
      peers = [];
      failures.length = 0;
    },
    failures: () => [...failures, ...peers.flatMap(({ violations }) => violations)],
    get peers() {
      return peers;
    },
    refuseTickets(refuse) {
      isRefusing = refuse;
    },
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      http.closeAllConnections();
      http.close();
      await once(http, 'close');
    },
  };
}
