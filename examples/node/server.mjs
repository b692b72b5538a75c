import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { ApiError, createBackend, DecisionError } from '@veriframe/backend';
import { page } from '../page.mjs';

const {
  VERIFRAME_URL: url = 'http://localhost:8080',
  VERIFRAME_API_KEY: apiKey,
  PORT = '3000',
} = process.env;
const veriframe = createBackend({ url, apiKey, issuer: 'veriframe', audience: 'example' });

/** What is known of each visitor, by cookie. A real site has a session store for it, and `Secure` cookies. */
const visitors = new Map();
function keep(response, visitor) {
  const id = randomUUID();
  visitors.set(id, visitor);
  response.setHeader('set-cookie', `visitor=${id}; HttpOnly; SameSite=Strict; Path=/`);
}
/** Takes it out of the store: a session's token is good once. */
function take(request) {
  const [, id] = /(?:^|; )visitor=([\w-]+)/.exec(request.headers.cookie ?? '') ?? [];
  const visitor = visitors.get(id);
  visitors.delete(id);
  return visitor ?? {};
}

async function jsonOf(request) {
  let body = '';
  for await (const part of request.setEncoding('utf8'))
    if ((body += part).length > 65_536) throw new RangeError('The body is too long.');
  return JSON.parse(body);
}

const routes = {
  async 'POST /face/start'(request, response) {
    const { subject } = await jsonOf(request);
    const asked = { mode: 'verify', subject, concealUnknown: true };
    const { ticket, expected } = await veriframe.createSession(asked);
    keep(response, { face: expected });
    return [200, { ticket }];
  },
  async 'POST /face/finish'(request, response) {
    const { face } = take(request);
    if (face === undefined) return [403, { code: 'session' }];
    const { subject } = await veriframe.verifyDecision((await jsonOf(request)).token, face);
    keep(response, { user: subject });
    return [200, { user: subject }];
  },
};

function refusalOf(error) {
  if (error instanceof DecisionError) return [403, { code: error.code }];
  return error instanceof ApiError ? [503, { code: error.code }] : [400, { code: 'request' }];
}

async function answer(request, response) {
  if (request.url === '/') return response.setHeader('content-type', 'text/html').end(page(url));
  const name = `${request.method} ${request.url}`;
  const route = Object.hasOwn(routes, name) ? routes[name] : async () => [404, {}];
  const [status, body] = await route(request, response).catch(refusalOf);
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

const server = createServer((request, response) => void answer(request, response));
server.listen(Number(PORT), () => process.stdout.write(`http://localhost:${server.address().port}\n`));
