import { readFile, stat } from 'node:fs/promises';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { SAMPLE_PORTRAITS } from '../../simulator/index.ts';
import type { RealServer } from '../../tools/throwaway-server.ts';
import { refusalOf, VisitorBrowser } from './visitor-browser.ts';

/** Access to the live service through the demo: only with the secret in the data folder. */
export function operatorCases(running: () => RealServer): void {
  const secretOf = async () => (await readFile(running().operatorSecretFile ?? '', 'utf8')).trim();
  const visitor = () => new VisitorBrowser(running().url);

  it('the operator has a secret of their own that only this user can read', async () => {
    const secret = await secretOf();
    const server = running();
    expect(secret).toMatch(/^[\w-]{24}$/);
    expect((await stat(server.operatorSecretFile ?? '')).mode & 0o077).toBe(0);
    expect(server.apiKey).not.toContain(secret);
  });

  it('the operator’s page is closed before the sign-in, after the sign-out, and to users', async () => {
    const secret = await secretOf();
    const anybody = visitor();
    const user = visitor();
    await user.post('/api/register', { username: 'onlooker', email: 'onlooker@example.org' });
    const former = visitor();
    await former.post('/api/operator/sign-in', { secret });
    const copy = former.copy();
    await former.post('/api/operator/sign-out');
    for (const browser of [anybody, user, copy]) {
      const page = await browser.get('/operator');
      expect([page.status, page.headers.get('location')]).toEqual([303, './operator/sign-in']);
      for (const answer of [
        await browser.post('/api/operator/live'),
        await browser.get('/api/operator/decisions'),
        await browser.get('/api/operator/subjects'),
        ...(await Promise.all(
          ['search', 'record', 'change', 'unlock', 'remove-reference', 'export', 'erase'].map((action) =>
            browser.post(`/api/operator/subjects/${action}`, { subject: 'anybody' }),
          ),
        )),
      ])
        expect(await refusalOf(answer)).toEqual([401, 'operator.required']);
    }
  });

  it('the operator gets a ticket for the live feed and the records, under a cookie that no other site can use', async () => {
    const secret = await secretOf();
    const operator = visitor();
    expect((await operator.post('/api/operator/sign-in', { secret: ` ${secret}\n` })).status).toBe(200);
    expect(operator.setCookie).toMatch(/HttpOnly; SameSite=Strict$/);
    expect((await operator.get('/operator')).status).toBe(200);
    expect(await (await operator.post('/api/operator/live')).json()).toEqual({
      ticket: expect.stringMatching(/^vt_/),
      socketPath: '/v1/live',
      subprotocol: 'veriframe-live.v1',
    });
    expect(await (await operator.get('/api/operator/decisions')).json()).toEqual({
      decisions: expect.any(Array),
      next: null,
    });
    expect(await (await operator.get('/api/operator/subjects')).json()).toEqual({
      total: expect.any(Number),
      subjects: expect.any(Array),
      next: null,
    });
    const foreign = await operator.post('/api/operator/live', {}, { origin: 'https://evil.example' });
    expect(await refusalOf(foreign)).toEqual([403, 'request.foreign']);
  });

  it('the operator labels, suspends, exports and erases who is enrolled, and nobody from another site does', async () => {
    const server = running();
    const operator = visitor();
    await operator.post('/api/operator/sign-in', { secret: await secretOf() });
    const { image, within } = SAMPLE_PORTRAITS.third;
    const { x: left, y: top, width, height } = within;
    const photo = await sharp(image).extract({ left, top, width, height }).jpeg().toBuffer();
    const subject = 'looked-at';
    const photos = [{ image: photo.toString('base64') }];
    expect(await server.api('POST', `/v1/subjects/${subject}/photos`, { photos })).toMatchObject({
      body: { result: 'stored' },
    });
    const act = async (action: string, body: object) => {
      const answer = await operator.post(`/api/operator/subjects/${action}`, body);
      expect([action, answer.status]).toEqual([action, 200]);
      return (await answer.json()) as object;
    };
    const consent = { by: 'desk', textVersion: '3' };
    await act('change', { subject, label: 'Grace Hopper', consent, expiresAtMs: 9_000_000_000_000 });
    await act('change', { subject, suspended: true });
    const found = { total: 1, subjects: [{ subject, label: 'Grace Hopper', consent, references: 1 }] };
    expect(await act('search', { label: 'hopper', suspended: true })).toMatchObject(found);
    await act('unlock', { subject });
    expect(await act('record', { subject })).toMatchObject({ held: [{ photos: 1 }] });
    expect(await act('export', { subject })).toMatchObject({ references: [{ photos: 1 }] });
    const foreign = { origin: 'https://evil.example' };
    const erasing = await operator.post('/api/operator/subjects/erase', { subject }, foreign);
    expect(await refusalOf(erasing)).toEqual([403, 'request.foreign']);
    await act('erase', { subject });
    expect(await act('search', { label: 'hopper' })).toMatchObject({ total: 0 });
    const wrong = await operator.post('/api/operator/subjects/change', { subject, tenant: 'another' });
    expect(await refusalOf(wrong)).toEqual([400, 'request.invalid']);
  });

  it('guesses of the secret are limited', async () => {
    const guesser = visitor();
    const answers = [];
    for (let guess = 0; guess < 11; guess += 1)
      answers.push(
        await refusalOf(await guesser.post('/api/operator/sign-in', { secret: `guess ${guess}` })),
      );
    expect(answers[0]).toEqual([401, 'operator.refused']);
    expect(answers.at(-1)).toEqual([429, 'attempts.too_many']);
  });

  it('only a user with an enrolled face can watch a session of their own', async () => {
    const stranger = visitor();
    expect(await refusalOf(await stranger.post('/api/see/session'))).toEqual([401, 'sign_in.required']);
    expect((await stranger.get('/see')).headers.get('location')).toBe('./sign-in');
    const faceless = visitor();
    await faceless.post('/api/register', { username: 'faceless', email: 'faceless@example.org' });
    expect(await refusalOf(await faceless.post('/api/see/session'))).toEqual([409, 'face.missing']);
    expect((await faceless.get('/see')).headers.get('location')).toBe('./account');
  });
}
