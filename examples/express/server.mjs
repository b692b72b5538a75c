import { randomUUID } from 'node:crypto';
import { ApiError, createBackend, DecisionError } from '@veriframe/backend';
import express from 'express';
import { page } from '../page.mjs';

const {
  VERIFRAME_URL: url = 'http://localhost:8080',
  VERIFRAME_API_KEY: apiKey,
  PORT = '3000',
} = process.env;
const veriframe = createBackend({ url, apiKey, issuer: 'veriframe', audience: 'example' });

/** What is known of each visitor, by cookie. A real site has a session store for it, and `secure` cookies. */
const visitors = new Map();
function keep(response, visitor) {
  const id = randomUUID();
  visitors.set(id, visitor);
  response.cookie('visitor', id, { httpOnly: true, sameSite: 'strict' });
}
/** Takes it out of the store: a session's token is good once. */
function take(request) {
  const [, id] = /(?:^|; )visitor=([\w-]+)/.exec(request.get('cookie') ?? '') ?? [];
  const visitor = visitors.get(id);
  visitors.delete(id);
  return visitor ?? {};
}

const app = express().use(express.json());
app.get('/', (_request, response) => response.send(page(url)));

app.post('/face/start', async (request, response) => {
  const { subject } = request.body;
  const asked = { mode: 'verify', subject, concealUnknown: true };
  const { ticket, expected } = await veriframe.createSession(asked);
  keep(response, { face: expected });
  response.json({ ticket });
});

app.post('/face/finish', async (request, response) => {
  const { face } = take(request);
  if (face === undefined) return response.status(403).json({ code: 'session' });
  const { subject } = await veriframe.verifyDecision(request.body.token, face);
  keep(response, { user: subject });
  response.json({ user: subject });
});

app.use((error, _request, response, next) => {
  if (error instanceof DecisionError) response.status(403).json({ code: error.code });
  else if (error instanceof ApiError) response.status(503).json({ code: error.code });
  else next(error);
});

const server = app.listen(Number(PORT), () => {
  process.stdout.write(`http://localhost:${server.address().port}\n`);
});
