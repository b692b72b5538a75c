import { describe, expect, it } from 'vitest';
import { Service } from '../../client/demo/backend/service.ts';
import { subjectId } from '../../protocol/http/fields.ts';
import { json, startFakeService } from '../backend/fake-service.ts';
import { createSigner, DECIDED_AT_MS } from '../backend/signer.ts';

const serviceAt = (url: string) =>
  new Service({
    url: () => url,
    apiKey: 'key',
    issuer: 'veriframe',
    policy: 'standard',
    nowMs: () => DECIDED_AT_MS,
  });

describe('a name without an account', () => {
  const service = serviceAt('http://127.0.0.1:9');

  it('stands for a subject that the service takes as it takes any other, the same each time', () => {
    for (let i = 0; i < 300; i++) {
      const subject = service.decoySubjectFor(`name-${i}`);
      expect([i, subjectId.safeParse(subject).success]).toEqual([i, true]);
      expect(service.decoySubjectFor(`NAME-${i}`)).toBe(subject);
    }
  });
});

describe('what the service refuses', () => {
  it.each([
    ['subject.locked', 429, { 'retry-after': '900' }, 'face.locked', 900],
    ['server.busy', 429, {}, 'service.unavailable', null],
    ['policy.not_granted', 403, {}, 'service.refused', null],
    ['api.unauthorized', 401, {}, 'service.unavailable', null],
    ['server.draining', 503, { 'retry-after': '2' }, 'service.unavailable', null],
  ])('as %s (%i) is told in the words of the demo', async (code, status, headers, told, retryAfterSeconds) => {
    await using fake = await startFakeService((_, response) =>
      json(response, status, { error: { code, message: '' } }, headers),
    );
    const asking = serviceAt(fake.url).createSession({ mode: 'verify', subject: 'ada' });
    await expect(asking).rejects.toMatchObject({ code: told, retryAfterSeconds });
  });

  it('is no refusal of a person: not a session that it forgot, and not a subject that is not there', async () => {
    let code = 'api.not_found';
    await using fake = await startFakeService((_, response) => json(response, 404, { error: { code } }));
    const service = serviceAt(fake.url);
    expect(await service.sessionState('session-1')).toEqual({ state: 'ended', outcome: null, code: null });
    code = 'subject.unknown';
    expect(await service.countReferences('ada')).toBe(0);
    await expect(service.eraseSubject('ada')).resolves.toBeUndefined();
  });
});

describe('a token', () => {
  const expected = {
    session: 'session-1',
    nonce: 'nonce-1',
    mode: 'verify',
    policy: 'standard',
    subject: 'ada',
  } as const;

  it('is held to issuer, audience, policy and all that the session was asked for', async () => {
    await using signer = await createSigner();
    await using fake = await startFakeService((_, response) => json(response, 200, signer.jwks));
    const service = serviceAt(fake.url);
    const failureOf = async (request: Parameters<typeof signer.sign>[0]) =>
      service.failureOf(await signer.sign(request), expected);
    const audience = 'veriframe-demo';
    expect(await failureOf({ request: { audience } })).toBeNull();
    expect(await failureOf({})).toBe('audience');
    expect(await failureOf({ request: { audience, policy: 'attended' } })).toBe('policy');
    expect(await failureOf({ request: { audience, nonce: 'another' } })).toBe('nonce');
    await using other = await createSigner('another');
    expect(await service.failureOf(await other.sign(), expected)).toBe('key');
  });

  it('of which nothing is known without keys refuses nobody', async () => {
    await using signer = await createSigner();
    await using away = await startFakeService((_, response) => json(response, 503, {}));
    await expect(serviceAt(away.url).failureOf(await signer.sign(), expected)).rejects.toMatchObject({
      code: 'service.unavailable',
    });
  });
});
