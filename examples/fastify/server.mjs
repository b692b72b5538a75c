import { randomUUID } from 'node:crypto';
import { ApiError, createBackend, DecisionError } from '@veriframe/backend';
import Fastify from 'fastify';
import { page } from '../page.mjs';

const {
  VERIFRAME_URL: url = 'http://localhost:8080',
  VERIFRAME_API_KEY: apiKey,
  PORT = '3000',
} = process.env;
const veriframe = createBackend({ url, apiKey, issuer: 'veriframe', audience: 'example' });

/** What is known of each visitor, by cookie. A real site has a session store for it, and `Secure` cookies. */
const visitors = new Map();
function keep(reply, visitor) {
  const id = randomUUID();
  visitors.set(id, visitor);
  reply.header('set-cookie', `visitor=${id}; HttpOnly; SameSite=Strict; Path=/`);
}
/** Takes it out of the store: a session's token is good once. */
function take(request) {
  const [, id] = /(?:^|; )visitor=([\w-]+)/.exec(request.headers.cookie ?? '') ?? [];
  const visitor = visitors.get(id);
  visitors.delete(id);
  return visitor ?? {};
}

const app = Fastify();
app.get('/', (_request, reply) => reply.type('text/html').send(page(url)));

app.post('/face/start', async (request, reply) => {
  const { subject } = request.body;
  const asked = { mode: 'verify', subject, concealUnknown: true };
  const { ticket, expected } = await veriframe.createSession(asked);
  keep(reply, { face: expected });
  return { ticket };
});

app.post('/face/finish', async (request, reply) => {
  const { face } = take(request);
  if (face === undefined) return reply.code(403).send({ code: 'session' });
  const { subject } = await veriframe.verifyDecision(request.body.token, face);
  keep(reply, { user: subject });
  return { user: subject };
});

app.setErrorHandler((error, _request, reply) => {
  if (error instanceof DecisionError) return reply.code(403).send({ code: error.code });
  if (error instanceof ApiError) return reply.code(503).send({ code: error.code });
  return reply.send(error);
});

process.stdout.write(
  `${await app.listen({ port: Number(PORT), listenTextResolver: (address) => address })}\n`,
);
