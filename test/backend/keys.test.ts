import { describe, expect, it } from 'vitest';
import {
  type DecisionExpectation,
  type DecisionKeys,
  type KeySet,
  remoteKeys,
  verifyDecision,
} from '../../client/backend/index.ts';
import { json, startFakeService } from './fake-service.ts';
import { createSigner, DECIDED_AT_MS, ISSUER } from './signer.ts';

const PATH = '/.well-known/jwks.json';

const expecting = (keys: DecisionKeys): DecisionExpectation => ({
  keys,
  issuer: ISSUER,
  audience: 'shop',
  session: 'session-1',
  nonce: 'nonce-1',
  mode: 'verify',
  policy: 'standard',
  subject: 'ada',
  atMs: DECIDED_AT_MS,
});

/** A service that publishes what it is told to. */
async function publisher(first: KeySet) {
  let published: unknown = first;
  let status = 200;
  const service = await startFakeService((_, response) => json(response, status, published));
  return Object.assign(service, {
    jwksUrl: `${service.url}${PATH}`,
    publish(keys: unknown, withStatus = 200) {
      published = keys;
      status = withStatus;
    },
  });
}

describe('the keys that a service publishes', () => {
  it('are fetched once for many tokens, and without an API key', async () => {
    await using signer = await createSigner();
    await using service = await publisher(signer.jwks);
    const expected = expecting(remoteKeys(service.jwksUrl));
    const token = await signer.sign();
    await Promise.all([1, 2, 3].map(() => verifyDecision(token, expected)));
    await verifyDecision(token, expected);
    expect(service.asked.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      [PATH, undefined],
    ]);
  });

  it('are fetched again for a token of a new key, but not for each forged one', async () => {
    await using old = await createSigner();
    await using rotated = await createSigner();
    await using service = await publisher(old.jwks);
    const patient = expecting(remoteKeys(service.jwksUrl));
    const eager = expecting(remoteKeys(service.jwksUrl, { cooldownMs: 0 }));
    await Promise.all([verifyDecision(await old.sign(), patient), verifyDecision(await old.sign(), eager)]);
    service.publish(rotated.jwks);
    const token = await rotated.sign();
    await expect(verifyDecision(token, eager)).resolves.toMatchObject({ subject: 'ada' });
    await expect(verifyDecision(await old.sign(), eager)).rejects.toMatchObject({ code: 'key' });
    const before = service.asked.length;
    for (let forged = 0; forged < 3; forged += 1)
      await expect(verifyDecision(token, patient)).rejects.toMatchObject({ code: 'key' });
    expect(service.asked.length).toBe(before);
  });

  it('are forgotten in time, so that a withdrawn one opens nothing any more', async () => {
    await using old = await createSigner();
    await using rotated = await createSigner();
    await using service = await publisher(old.jwks);
    const expected = expecting(remoteKeys(service.jwksUrl, { cacheMs: 0 }));
    const token = await old.sign();
    await verifyDecision(token, expected);
    service.publish(rotated.jwks);
    await expect(verifyDecision(token, expected)).rejects.toMatchObject({ code: 'key' });
  });

  it.each<[string, unknown, number, object]>([
    ['is a page of a proxy', '<html>', 502, { code: 'answer.unexpected', status: 502, retry: 'backoff' }],
    ['is no key set', { keys: 'none' }, 200, { code: 'answer.unexpected' }],
    [
      "is the service's refusal",
      { error: { code: 'server.draining', message: '' } },
      503,
      { code: 'server.draining', retry: 'backoff' },
    ],
  ])('cannot be had when the answer %s, which says nothing of the token', async (_, body, status, error) => {
    await using signer = await createSigner();
    await using service = await publisher(signer.jwks);
    service.publish(body, status);
    const expected = expecting(remoteKeys(service.jwksUrl));
    const token = await signer.sign();
    await expect(verifyDecision(token, expected)).rejects.toMatchObject({ name: 'ApiError', ...error });
    service.publish(signer.jwks);
    await expect(verifyDecision(token, expected)).resolves.toMatchObject({ subject: 'ada' });
  });

  it('cannot be had from a service that is away, or silent', async () => {
    await using signer = await createSigner();
    const token = await signer.sign();
    const gone = await startFakeService(() => {});
    await gone[Symbol.asyncDispose]();
    await expect(verifyDecision(token, expecting(remoteKeys(`${gone.url}${PATH}`)))).rejects.toMatchObject({
      name: 'ApiError',
      code: 'connection.failed',
    });
    await using silent = await startFakeService(() => {});
    const hasty = expecting(remoteKeys(`${silent.url}${PATH}`, { timeoutMs: 50 }));
    await expect(verifyDecision(token, hasty)).rejects.toMatchObject({
      name: 'ApiError',
      code: 'connection.timeout',
    });
  });

  it('are not fetched for what is no token of a decision', async () => {
    await using signer = await createSigner();
    await using service = await publisher(signer.jwks);
    const expected = expecting(remoteKeys(service.jwksUrl));
    const observed = await signer.sign({ request: { observed: true } });
    for (const token of ['', 'a.b.c', observed])
      await expect(verifyDecision(token, expected)).rejects.toMatchObject({ name: 'DecisionError' });
    expect(service.asked).toEqual([]);
  });

  it('one caller stops waiting for, and the others still get', async () => {
    await using signer = await createSigner();
    let answer = () => {};
    let arrived = () => {};
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    await using service = await startFakeService((_, response) => {
      answer = () => json(response, 200, signer.jwks);
      arrived();
    });
    const expected = expecting(remoteKeys(`${service.url}${PATH}`));
    const token = await signer.sign();
    const controller = new AbortController();
    const patient = verifyDecision(token, expected);
    const leaving = verifyDecision(token, { ...expected, signal: controller.signal });
    await arrival;
    controller.abort(new Error('gone'));
    await expect(leaving).rejects.toThrow('gone');
    const late = verifyDecision(`${token}x`, { ...expected, signal: controller.signal });
    await expect(late).rejects.toThrow('gone');
    answer();
    await expect(patient).resolves.toMatchObject({ subject: 'ada' });
  });
});
