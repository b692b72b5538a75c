import { expect, it } from 'vitest';
import type { AccountView } from '../../client/demo/account-view.ts';
import { connect } from '../../client/kiosk/session-client.ts';
import type { RealServer } from '../../tools/throwaway-server.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';
import { refusalOf, type VisitorBrowser } from './visitor-browser.ts';

interface Running {
  readonly server: () => RealServer;
  readonly clock: () => VirtualClock;
  readonly browser: (userAgent?: string) => VisitorBrowser;
  readonly registered: (username: string, extra?: Record<string, string>) => Promise<VisitorBrowser>;
  readonly account: (visitor: VisitorBrowser) => Promise<AccountView>;
}

const MINUTE_MS = 60_000;
const password = 'correct horse battery';

/** Uses the ticket of a response, and leaves when the challenge does not fit. */
export async function tryAndLeave(server: RealServer, response: Response): Promise<void> {
  expect(response.status).toBe(200);
  const { ticket } = (await response.json()) as { ticket: string };
  const session = await connect({ url: server.streamUrl, ticket });
  session.bye('cancelled');
  expect((await session.decision).outcome).toBe('re-verify');
}

/** What an attacker who knows a username can do to its owner: little, and each way to sign in is blocked separately. */
export function attemptCases({ server, clock, browser, registered, account }: Running): void {
  it('too many failed face checks lock an account for a while, and a name without an account in the same way', async () => {
    clock().advance(11 * MINUTE_MS);
    const owner = await registered('locked', { password });
    for (const username of ['locked', 'Nobody-locked']) {
      const visitor = browser();
      const signIn = () => visitor.post('/api/face/sign-in', { username });
      for (let tries = 0; tries < 10; tries += 1) await tryAndLeave(server(), await signIn());
      const refused = await browser().post('/api/face/sign-in', { username: username.toLowerCase() });
      expect(refused.headers.get('retry-after')).toBe('900');
      expect(await refusalOf(refused)).toEqual([429, 'face.locked']);
    }
    expect((await owner.post('/api/face/enrol')).status).toBe(200);
    const byPassword = await browser().post('/api/password/sign-in', { username: 'locked', password });
    expect(byPassword.status).toBe(200);
    clock().advance(15 * MINUTE_MS - 1);
    expect((await browser().post('/api/face/sign-in', { username: 'locked' })).status).toBe(429);
    clock().advance(1);
    expect((await browser().post('/api/face/sign-in', { username: 'locked' })).status).toBe(200);
  });

  it('many face tickets lock neither the face nor the password; many passwords do not lock the face', async () => {
    clock().advance(11 * MINUTE_MS);
    await registered('flooded', { password });
    const statuses: number[] = [];
    for (let asked = 0; asked < 25; asked += 1)
      statuses.push((await browser().post('/api/face/sign-in', { username: 'flooded' })).status);
    expect(statuses).toEqual([...Array<number>(20).fill(200), ...Array<number>(5).fill(429)]);
    const limited = await browser().post('/api/face/sign-in', { username: 'flooded' });
    expect([await refusalOf(limited), limited.headers.get('retry-after')]).toEqual([
      [429, 'attempts.too_many'],
      '600',
    ]);
    for (let tries = 0; tries < 4; tries += 1) {
      const wrong = { username: 'flooded', password: 'wrong' };
      expect((await browser().post('/api/password/sign-in', wrong)).status).toBe(401);
    }
    expect((await browser().post('/api/password/sign-in', { username: 'flooded', password })).status).toBe(
      200,
    );
    clock().advance(10 * MINUTE_MS);
    for (let tries = 0; tries < 6; tries += 1)
      await browser().post('/api/password/sign-in', { username: 'flooded', password: 'wrong' });
    const passwords = await browser().post('/api/password/sign-in', { username: 'flooded', password });
    expect([passwords.status, passwords.headers.get('retry-after')]).toEqual([429, '600']);
    await tryAndLeave(server(), await browser().post('/api/face/sign-in', { username: 'flooded' }));
  });

  it('the owner sees an attempt that violated the protocol, and no unused ticket', async () => {
    clock().advance(15 * MINUTE_MS);
    const owner = await registered('watched', { password });
    const unused = await browser().post('/api/face/sign-in', { username: 'watched' });
    expect(unused.status).toBe(200);
    const response = await browser('Mozilla/5.0 (X11; Linux x86_64) Firefox/150.0').post(
      '/api/face/sign-in',
      {
        username: 'watched',
      },
    );
    const { ticket } = (await response.json()) as { ticket: string };
    const session = await connect({ url: server().streamUrl, ticket });
    session.decision.catch(() => undefined);
    while (await session.whenCredit()) session.sendFrame(new Uint8Array(9), clock().nowMs());
    await expect(session.decision).rejects.toMatchObject({ code: 'frame.too_many_undecodable' });
    await expect
      .poll(async () => (await account(owner)).signIns)
      .toMatchObject([{ method: 'face', result: 'refused', device: 'Firefox on Linux' }]);
    clock().advance(3 * MINUTE_MS);
    expect((await account(owner)).signIns).toHaveLength(1);
  });

  it('wrong passwords from many places do not lock the owner out at a place of an earlier sign-in', async () => {
    clock().advance(11 * MINUTE_MS);
    await registered('besieged', { password });
    const signIn = async (address: string, given: string) =>
      (
        await browser().post(
          '/api/password/sign-in',
          { username: 'besieged', password: given },
          { 'x-forwarded-for': address },
        )
      ).status;
    expect(await signIn('192.0.2.7', password)).toBe(200);
    const wrong: number[] = [];
    for (let guess = 0; guess < 40; guess += 1) wrong.push(await signIn(`198.51.${guess}.1`, 'wrong'));
    expect(wrong.filter((status) => status === 401)).toHaveLength(29);
    expect(wrong.at(-1)).toBe(429);
    expect(await signIn('203.0.113.9', password), 'at a place that is not known').toBe(429);
    expect(await signIn('192.0.2.200', password), 'in the network of the last time').toBe(200);
    for (let guess = 0; guess < 5; guess += 1) expect(await signIn('192.0.2.66', 'wrong')).toBe(401);
    expect(await signIn('192.0.2.66', password), 'each guesser has few tries there, too').toBe(429);
  });
}
