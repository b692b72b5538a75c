import { once } from 'node:events';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { RealServer } from '../../../tools/throwaway-server.ts';
import { builtBackend } from '../../support/packed-backend.ts';

const NODE_MODULES = fileURLToPath(new URL('../../../node_modules', import.meta.url));

/** The code that client/browser/README.md tells a web developer to write. */
export interface Guide {
  readonly page: string;
  readonly backend: string;
}

export async function readGuide(): Promise<Guide> {
  const guide = await readFile(
    fileURLToPath(new URL('../../../client/browser/README.md', import.meta.url)),
    'utf8',
  );
  const code = (name: string) => {
    const found = new RegExp(`<!-- code:${name} -->\\n\`\`\`\\w+\\n(.*?)\`\`\``, 's').exec(guide)?.[1];
    if (found === undefined) throw new Error(`GUIDE.md has no code:${name}`);
    return found;
  };
  return { page: code('page'), backend: code('backend') };
}

/** What the guide's backend keeps for a visitor. */
interface Session {
  user?: string;
}
interface Backend {
  start(session: Session, subject: string): Promise<string>;
  finish(session: Session, token: string): Promise<void>;
}

export interface GuideSite extends AsyncDisposable {
  readonly url: string;
  /** The one visitor's. */
  readonly session: Session;
}

/** A web site with the guide's page and backend and nothing else of veriframe's but the built files. */
export async function openGuideSite(built: string, service: () => RealServer): Promise<GuideSite> {
  const guide = await readGuide();
  const session: Session = {};
  const folder = await mkdtemp(join(tmpdir(), 'veriframe-guide-'));
  let backend: Promise<Backend> | null = null;
  const load = async () => {
    const { url, apiKey } = service();
    Object.assign(process.env, { SERVICE: url, API_KEY: apiKey });
    const file = join(folder, 'face-login.mjs');
    const library = pathToFileURL(join(await builtBackend(folder), 'dist', 'index.js')).href;
    // What the package depends on comes from this repository.
    await symlink(NODE_MODULES, join(folder, 'node_modules'), 'junction');
    await writeFile(file, guide.backend.replace("'@veriframe/backend'", `'${library}'`));
    return (await import(pathToFileURL(file).href)) as Backend;
  };
  const answers: Readonly<Record<string, (body: string) => Promise<string>>> = {
    '/': async () => guide.page.replace('http://localhost:8080', service().url),
    '/face/start': async (body) => (await (backend ??= load())).start(session, body),
    '/face/finish': async (body) => {
      await (await (backend ??= load())).finish(session, body);
      return session.user === undefined ? '/' : '/signed-in';
    },
    '/signed-in': async () => 'Welcome',
  };
  const http = createServer((request, response) => {
    const path = request.url ?? '/';
    const answer = answers[path];
    const file = path.startsWith('/veriframe/') && path.endsWith('.js');
    const reply = async () => (file ? readFile(join(built, basename(path))) : answer?.(await text(request)));
    reply().then(
      (body) =>
        response
          .writeHead(body === undefined ? 404 : 200, {
            'content-type': file ? 'text/javascript' : 'text/html; charset=utf-8',
          })
          .end(body),
      () => response.writeHead(500).end(),
    );
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}/`,
    session,
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      http.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
