import { randomUUID } from 'node:crypto';
import { ApiError, createBackend, DecisionError } from '@veriframe/backend';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { getCookie, setCookie } from 'hono/cookie';
import { page } from '../page.mjs';

const {
  VERIFRAME_URL: url = 'http://localhost:8080',
  VERIFRAME_API_KEY: apiKey,
  PORT = '3000',
} = process.env;
const veriframe = createBackend({ url, apiKey, issuer: 'veriframe', audience: 'example' });

/** What is known of each visitor, by cookie. A real site has a session store for it, and `secure` cookies. */
const visitors = new Map();
function keep(context, visitor) {
  const id = randomUUID();
  visitors.set(id, visitor);
  setCookie(context, 'visitor', id, { httpOnly: true, sameSite: 'Strict' });
}
/** Takes it out of the store: a session's token is good once. */
function take(context) {
  const id = getCookie(context, 'visitor');
  const visitor = visitors.get(id);
  visitors.delete(id);
  return visitor ?? {};
}

const app = new Hono().use(bodyLimit({ maxSize: 65_536 }));
app.get('/', (context) => context.html(page(url)));

app.post('/face/start', async (context) => {
  const { subject } = await context.req.json();
  const asked = { mode: 'verify', subject, concealUnknown: true };
  const { ticket, expected } = await veriframe.createSession(asked);
  keep(context, { face: expected });
  return context.json({ ticket });
});

app.post('/face/finish', async (context) => {
  const { face } = take(context);
  if (face === undefined) return context.json({ code: 'session' }, 403);
  const { token } = await context.req.json();
  const { subject } = await veriframe.verifyDecision(token, face);
  keep(context, { user: subject });
  return context.json({ user: subject });
});

app.onError((error, context) => {
  if (error instanceof DecisionError) return context.json({ code: error.code }, 403);
  if (error instanceof ApiError) return context.json({ code: error.code }, 503);
  throw error;
});

serve({ fetch: app.fetch, port: Number(PORT) }, ({ port }) => {
  process.stdout.write(`http://localhost:${port}\n`);
});
