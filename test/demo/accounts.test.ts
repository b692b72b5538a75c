import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mkdtemp } from 'node:fs/promises';
import Sqlite from 'better-sqlite3';
import { decodeJwt, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccountView } from '../../client/demo/account-view.ts';
import { buildDemo } from '../../tools/build/demo.ts';
import { present } from '../support/play.ts';
import { createPerson, preparePortrait, SAMPLE_PORTRAITS, type Portrait } from '../../simulator/index.ts';
import { type RealServer, startRealServer } from '../../tools/throwaway-server.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { attemptCases, tryAndLeave } from './attempt-cases.ts';
import { operatorCases } from './operator-cases.ts';
import { refusalOf, VisitorBrowser } from './visitor-browser.ts';

/*
 * The demo as its users' browsers meet it: one origin, real HTTP, the real face service behind it. People are heads
 * rendered in three dimensions that answer the challenges on the test's own time.
 */

interface Started {
  readonly ticket: string;
  readonly socketPath: string;
}

const MINUTE_MS = 60_000;
const password = 'correct horse battery';

describe('the demo, a relying party beside the service', () => {
  let assets: string;
  let server: RealServer;
  let clock: VirtualClock;
  let ada: Portrait;
  let grace: Portrait;
  let seed = 1;

  beforeAll(async () => {
    assets = await mkdtemp(join(tmpdir(), 'veriframe-demo-'));
    clock = new VirtualClock();
    [ada, grace] = await Promise.all([
      preparePortrait(SAMPLE_PORTRAITS.first),
      preparePortrait(SAMPLE_PORTRAITS.third),
      buildDemo(assets),
    ]);
    server = await startRealServer({
      transport: 'ws',
      clock,
      seed: 5,
      // Other tests cover the challenges; one is enough here.
      env: {
        VERIFRAME_DEMO: 'on',
        VERIFRAME_DEMO_PAGES: assets,
        VERIFRAME_DEMO_POLICY: 'blink-only',
        VERIFRAME_TRUST_PROXY: 'yes',
      },
    });
  });
  afterAll(async () => {
    await server.close();
    await rm(assets, { recursive: true, force: true });
  });

  operatorCases(() => server);

  const browser = (userAgent?: string) => new VisitorBrowser(server.url, userAgent);
  const database = <T>(use: (database: Sqlite.Database) => T): T => {
    const open = new Sqlite(join(server.dataDir, 'demo.db'));
    try {
      return use(open);
    } finally {
      open.close();
    }
  };
  const registered = async (username: string, extra: Record<string, string> = {}) => {
    const visitor = browser();
    const response = await visitor.post('/api/register', {
      username,
      email: `${username}@example.org`,
      ...extra,
    });
    expect(response.status).toBe(200);
    return visitor;
  };
  const account = async (visitor: VisitorBrowser) =>
    (await (await visitor.get('/api/account')).json()) as AccountView;
  attemptCases({ server: () => server, clock: () => clock, browser, registered, account });

  /** Asks for a ticket and shows a face until the service has decided. */
  const showFace = async (visitor: VisitorBrowser, portrait: Portrait, path: string, body: unknown = {}) => {
    const response = await visitor.post(path, body);
    expect(response.status).toBe(200);
    const { ticket } = (await response.json()) as Started;
    const presenter = await createPerson({ portrait, seed: seed++ });
    const { decision, statuses } = await present(server, clock, ticket, { presenter });
    const phases = [...new Set(statuses.map(({ phase }) => phase))];
    return { outcome: decision.outcome, retry: decision.retry, token: decision.token ?? '', phases };
  };
  const enrolled = async (username: string, extra?: Record<string, string>, face = ada) => {
    const visitor = await registered(username, extra);
    const { outcome, token } = await showFace(visitor, face, '/api/face/enrol');
    expect(outcome).toBe('accept');
    expect((await visitor.post('/api/face/decision', { token })).status).toBe(200);
    return { visitor, token };
  };

  it('a user registers, enrols, signs in by face, reads the history, exports and deletes the account completely', async () => {
    const { visitor, token: enrolment } = await enrolled('ada', { password });
    const subject = decodeJwt(enrolment).sub ?? '';
    expect(subject).toMatch(/^[0-9a-f-]{36}$/);
    expect(await refusalOf(await visitor.post('/api/face/decision', { token: enrolment }))).toEqual([
      403,
      'face.refused',
    ]);

    // The cookie is invalid after the sign-out, also where it was copied.
    const copy = visitor.copy();
    expect((await visitor.post('/api/sign-out')).status).toBe(200);
    expect((await copy.get('/api/account')).status).toBe(401);

    // A sign-in by face from another device, with a cookie that was known before it.
    const phone = browser('Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1');
    const shown = await showFace(phone, ada, '/api/face/sign-in', { username: 'Ada' });
    expect(shown.outcome).toBe('accept');
    const before = phone.copy();

    // No other browser may submit the token: neither without a session nor with its own.
    const thief = browser();
    await thief.post('/api/face/sign-in', { username: 'ada' });
    for (const other of [browser(), thief]) {
      const stolen = await other.post('/api/face/decision', { token: shown.token });
      expect(await refusalOf(stolen)).toEqual([403, 'face.refused']);
    }
    expect((await phone.post('/api/face/decision', { token: shown.token })).status).toBe(200);
    expect(phone.cookie).not.toBe(before.cookie);
    expect((await before.get('/api/account')).status).toBe(401);
    const replayed = await phone.post('/api/face/decision', { token: shown.token });
    expect(await refusalOf(replayed)).toEqual([403, 'face.refused']);

    const view = await account(phone);
    expect(view).toMatchObject({ username: 'ada', hasPassword: true, isConfirmed: true, isServiceUp: true });
    expect(view.signIns).toMatchObject([
      { method: 'face', result: 'accepted', device: 'Safari on iPhone', place: 'This computer' },
    ]);
    expect(view.devices).toMatchObject([{ device: 'Safari on iPhone', isThis: true }]);

    // Another person's face is refused. The owner sees the attempt, although that browser reported nothing.
    const intruder = browser('Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/149.0 Safari/537.36');
    const foreign = await showFace(intruder, grace, '/api/face/sign-in', { username: 'ada' });
    expect(foreign.outcome).toBe('reject');
    expect((await account(phone)).signIns[0]).toMatchObject({
      method: 'face',
      result: 'refused',
      device: 'Chrome on Windows',
    });

    // The same face cannot open a second account, and the owner of the first one is not told.
    const second = await registered('ada2');
    const twice = await showFace(second, ada, '/api/face/enrol');
    expect(twice).toMatchObject({ outcome: 'reject', retry: 'never' });
    const brought = await second.post('/api/face/decision', { token: twice.token });
    expect(await refusalOf(brought)).toEqual([403, 'face.refused']);
    expect(await account(second)).toMatchObject({ username: 'ada2', faceSetUpAtMs: null, isServiceUp: true });

    const exported = await phone.get('/api/account/export');
    expect(exported.headers.get('content-disposition')).toContain('attachment');
    expect(await exported.json()).toMatchObject({
      account: { username: 'ada', email: 'ada@example.org', hasPassword: true },
      face: { subjectAtTheFaceService: subject, encryptedTemplates: 1, pictures: 0 },
      signIns: [{ result: 'refused' }, { result: 'accepted' }],
      devices: [{ device: 'Safari on iPhone' }],
    });

    // Deleting an account needs a new confirmation, and removes the data on both sides.
    expect((await server.api('GET', `/v1/subjects/${subject}`)).status).toBe(200);
    clock.advance(11 * MINUTE_MS);
    expect(await refusalOf(await phone.send('DELETE', '/api/account', {}))).toEqual([
      403,
      'confirmation.required',
    ]);
    expect(await refusalOf(await phone.post('/api/face/enrol'))).toEqual([403, 'confirmation.required']);
    expect((await phone.post('/api/password/sign-in', { username: 'ada', password })).status).toBe(200);
    expect((await phone.send('DELETE', '/api/account', {})).status).toBe(200);
    expect(phone.cookie).toBeNull();
    expect((await server.api('GET', `/v1/subjects/${subject}`)).status).toBe(404);
    for (const name of ['demo.db', 'demo.db-wal']) {
      const bytes = await readFile(join(server.dataDir, name)).catch(() => Buffer.alloc(0));
      for (const trace of ['ada@example.org', subject, 'Safari on iPhone'])
        expect([name, trace, bytes.includes(trace)]).toEqual([name, trace, false]);
    }
  });

  it('a token with another nonce or from another signer grants nothing', async () => {
    const { visitor: owner } = await enrolled('mary');
    const visitor = browser();
    const { outcome, token } = await showFace(visitor, ada, '/api/face/sign-in', { username: 'mary' });
    expect(outcome).toBe('accept');
    const { privateKey } = await generateKeyPair('EdDSA');
    const forged = await new SignJWT(decodeJwt(token))
      .setProtectedHeader({ alg: 'EdDSA', typ: 'veriframe-decision+jwt' })
      .sign(privateKey);
    for (const bad of [forged, `${token}x`, 'nothing', `${token.split('.').slice(0, 2).join('.')}.`])
      expect(await refusalOf(await visitor.post('/api/face/decision', { token: bad }))).toEqual([
        403,
        'face.refused',
      ]);
    database((open) => open.prepare('UPDATE face_sessions SET nonce = ?').run('another'));
    expect(await refusalOf(await visitor.post('/api/face/decision', { token }))).toEqual([
      403,
      'face.refused',
    ]);
    expect((await visitor.get('/api/account')).status).toBe(401);
    expect((await account(owner)).signIns).toMatchObject([{ result: 'refused' }]);

    // A stranger cannot distinguish an existing account from one that does not exist.
    const [there, notThere] = [
      await showFace(browser(), grace, '/api/face/sign-in', { username: 'mary' }),
      await showFace(browser(), grace, '/api/face/sign-in', { username: 'nobody' }),
    ];
    expect({ ...notThere, token: '' }).toEqual({ ...there, token: '' });
  });

  it('a face sign-in to an account that does not exist, or has no face, runs like any other and is refused', async () => {
    await registered('nofaceyet');
    for (const username of ['nobody', 'nofaceyet']) {
      const visitor = browser();
      const response = await visitor.post('/api/face/sign-in', { username });
      expect([response.status, Object.keys((await response.json()) as object)]).toEqual([
        200,
        ['ticket', 'socketPath'],
      ]);
      const { outcome, token } = await showFace(visitor, ada, '/api/face/sign-in', { username });
      expect(outcome).toBe('reject');
      const brought = await visitor.post('/api/face/decision', { token });
      expect(await refusalOf(brought)).toEqual([403, 'face.refused']);
    }
  });

  it('a wrong password, no password and no account get the same answer and the same limit', async () => {
    await registered('grace', { password });
    await registered('nopassword');
    const answers = await Promise.all(
      ['grace', 'nopassword', 'nobody-at-all'].map(async (username) =>
        (await browser().post('/api/password/sign-in', { username, password: 'wrong password' })).text(),
      ),
    );
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toContain('sign_in.failed');
    for (const username of ['grace', 'nobody-at-all']) {
      const tries = [];
      for (let count = 0; count < 6; count += 1)
        tries.push((await browser().post('/api/password/sign-in', { username, password: 'wrong' })).status);
      expect(tries).toEqual([401, 401, 401, 401, 429, 429]);
    }
    const visitor = browser();
    expect((await visitor.post('/api/password/sign-in', { username: 'grace', password })).status).toBe(429);
    clock.advance(11 * MINUTE_MS);
    expect((await visitor.post('/api/password/sign-in', { username: 'grace', password })).status).toBe(200);
    expect((await account(visitor)).signIns.map(({ result }) => result)).toEqual([
      'accepted',
      ...Array.from({ length: 5 }, () => 'refused'),
    ]);
  });

  it('sessions of the view of oneself neither lock the sign-in nor sign anybody in', async () => {
    const { visitor: owner } = await enrolled('player', {}, grace);
    const seen = await showFace(owner, grace, '/api/see/session');
    expect([seen.outcome, decodeJwt(seen.token).sub]).toEqual(['accept', undefined]);
    const guest = browser();
    await guest.post('/api/face/sign-in', { username: 'player' });
    for (const visitor of [owner, guest])
      expect(await refusalOf(await visitor.post('/api/face/decision', { token: seen.token }))).toEqual([
        403,
        'face.refused',
      ]);
    for (let looks = 0; looks < 10; looks += 1)
      await tryAndLeave(server, await owner.post('/api/see/session'));
    expect(await refusalOf(await owner.post('/api/see/session'))).toEqual([429, 'face.locked']);
    expect((await guest.post('/api/face/sign-in', { username: 'player' })).status).toBe(200);
  });

  it('a user signs out another of their devices, and nobody else’s', async () => {
    const one = await registered('lin', { password });
    const two = browser();
    await two.post('/api/password/sign-in', { username: 'lin', password });
    const stranger = await registered('stranger');
    const id = (await account(one)).devices.find(({ isThis }) => !isThis)?.id;
    await stranger.post('/api/devices/sign-out', { id });
    expect((await two.get('/api/account')).status).toBe(200);
    await one.post('/api/devices/sign-out', { id });
    expect((await two.get('/api/account')).status).toBe(401);
  });

  it('refuses requests from another site, and invalid registrations', async () => {
    const form = { username: 'eve', email: 'eve@example.org' };
    const visitor = browser();
    const foreign = [{ origin: 'https://evil.example' }, { origin: 'null' }];
    for (const headers of foreign)
      expect(await refusalOf(await visitor.post('/api/register', form, headers))).toEqual([
        403,
        'request.foreign',
      ]);
    const plain = await visitor.post('/api/register', form, { 'content-type': 'text/plain' });
    expect(await refusalOf(plain)).toEqual([400, 'request.invalid']);
    const wrong = [
      { ...form, username: 'e' },
      { ...form, username: '../eve' },
      { ...form, email: 'eve' },
      { ...form, password: 'short' },
      {},
    ];
    for (const body of wrong)
      expect(await refusalOf(await visitor.post('/api/register', body))).toEqual([400, 'request.invalid']);
    await registered('taken');
    expect(await refusalOf(await visitor.post('/api/register', { ...form, username: 'TAKEN' }))).toEqual([
      409,
      'username.taken',
    ]);
    expect(visitor.cookie).toBeNull();
  });

  it('hides its cookie from scripts and other sites, and sends it only over HTTPS where there is HTTPS', async () => {
    const visitor = await registered('cookie');
    expect(visitor.setCookie).toMatch(/; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax$/);
    const https = browser();
    await https.post(
      '/api/register',
      { username: 'cookie2', email: 'c@example.org' },
      { 'x-forwarded-proto': 'https' },
    );
    expect(https.setCookie).toMatch(/; Secure$/);
    const stored = database((open) => open.prepare('SELECT id FROM browser_sessions').pluck().all());
    expect(stored).not.toContain(visitor.cookie?.split('=')[1]);
  });

  it('asks for no confirmation when the account has neither a face nor a password yet', async () => {
    const unfinished = await registered('slow');
    const finished = await registered('slow2', { password });
    clock.advance(11 * MINUTE_MS);
    expect((await unfinished.post('/api/face/enrol')).status).toBe(200);
    expect((await finished.post('/api/face/enrol')).status).toBe(403);
  });

  it('reserves a username for one hour when a registration is not finished', async () => {
    await registered('unfinished');
    const again = { username: 'unfinished', email: 'other@example.org' };
    expect((await browser().post('/api/register', again)).status).toBe(409);
    clock.advance(61 * MINUTE_MS);
    expect((await browser().post('/api/register', again)).status).toBe(200);
  });
});
