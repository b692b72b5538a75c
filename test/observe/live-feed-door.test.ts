import { decode } from '@msgpack/msgpack';
import { afterEach, describe, expect, it } from 'vitest';
import { encodeMessage } from '../../protocol/codec.ts';
import { LIVE_SUBPROTOCOL, type LiveMessage } from '../../protocol/live.ts';
import { OUTCOMES } from '../../protocol/status.ts';
import { CUES } from '../../server/policy/cues.ts';
import { createApiKeys, generateApiKey } from '../../server/identity/api-keys.ts';
import type { Observation } from '../../server/observe/observation.ts';
import { startGateway, TRANSPORTS, type Running } from '../gateway/harness.ts';
import { refusedUpgrade, TestClient } from '../gateway/sockets.ts';
import { DRIVER, observe, Replay } from '../support/live-replay.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';

/** Every key that a message may have, at any depth. */
const KEYS = new Set(
  `type scope atMs everyMs sessions figures session seq capturedAtMs width height verdict landmarks code message
  retry retryAfterMs sessionId mode policy startedAtMs phase hint progress challenges passed of current kind stage cues
  requiredCues probability faceCount face eyeOpenness yawDeg pitchDeg rollDeg framesPerSecond framesArrivedPerSecond
  starvedBy end outcome reasons measured score logLikelihoodRatio frames why latencyMs p50 p95 p99 analysed superseded
  failed queueDepth workers busyWorkers decisions eventLoopLagMs memoryBytes`
    .split(/\s+/)
    .concat(CUES, OUTCOMES),
);

function keysOf(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  if (Array.isArray(value)) return value.flatMap(keysOf);
  return Object.entries(value).flatMap(([key, inner]) => [key, ...keysOf(inner)]);
}

describe.each(TRANSPORTS)('the live feed over %s', (_name, transport) => {
  let running: Running;
  let observation: Observation;
  let clock: VirtualClock;
  afterEach(async () => {
    await running.gateway.close();
    observation.close();
  });

  const start = async (env: Record<string, string> = {}) => {
    ({ observation, clock } = observe(env));
    const watcher = generateApiKey('mine', { mayObserve: true });
    const plain = generateApiKey('mine');
    running = await startGateway(transport, {
      live: observation.live,
      metrics: (request) => observation.metrics(request),
      api: {
        keys: createApiKeys([watcher.record, plain.record]),
        liveTickets: observation.liveTickets,
      },
    });
    return { watcher: watcher.key, plain: plain.key };
  };
  const post = async (path: string, key: string | null, body: unknown = {}) => {
    const response = await fetch(running.httpUrl + path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const liveUrl = () => `ws://127.0.0.1:${running.port}/v1/live`;
  const connect = async (ticket: unknown) => {
    const client = new TestClient(liveUrl(), { subprotocol: LIVE_SUBPROTOCOL });
    await client.opened;
    client.send(encodeMessage({ type: 'hello', ticket: String(ticket) }));
    return client;
  };
  const nextMessage = async (client: TestClient) => {
    const message = await client.next();
    return message === null ? null : (decode(message.bytes) as LiveMessage);
  };

  it('R35: lets in only the ticket of a key that may observe, once', async () => {
    const { watcher, plain } = await start();
    const session = { mode: 'identify', observe: true };
    expect((await post('/v1/live', null)).status).toBe(401);
    expect(await post('/v1/live', plain)).toMatchObject({
      status: 403,
      body: { error: { code: 'api.not_granted' } },
    });
    expect((await post('/v1/sessions', plain, session)).status).toBe(403);
    expect((await post('/v1/sessions', plain, { mode: 'identify' })).body).not.toHaveProperty('observation');
    for (const path of ['/v1/decisions', '/v1/subjects'])
      expect(
        (await fetch(running.httpUrl + path, { headers: { authorization: `Bearer ${plain}` } })).status,
      ).toBe(403);

    const created = await post('/v1/sessions', watcher, session);
    expect(created.body['observation']).toMatchObject({
      socketPath: '/v1/live',
      subprotocol: LIVE_SUBPROTOCOL,
    });
    const { ticket } = (await post('/v1/live', watcher)).body;
    for (const wrong of [created.body['ticket'], `vt_${'x'.repeat(43)}`]) {
      const client = await connect(wrong);
      expect(await client.ended).toEqual({ code: 4200, reason: 'ticket.invalid' });
    }
    expect(await refusedUpgrade(liveUrl())).toMatchObject({ status: 400 });
    expect(
      await refusedUpgrade(liveUrl(), { subprotocol: LIVE_SUBPROTOCOL, origin: 'https://evil.example' }),
    ).toMatchObject({ status: 403 });
    const first = await connect(ticket);
    expect(await nextMessage(first)).toMatchObject({ type: 'welcome', scope: 'service' });
    const second = await connect(ticket);
    expect(await second.ended).toEqual({ code: 4200, reason: 'ticket.invalid' });
    first.send(encodeMessage({ type: 'hello', ticket: String(ticket) }));
    expect(await first.ended).toEqual({ code: 4102, reason: 'hello.repeated' });
  });

  it("R37: carries figures of the tenant's own sessions and nothing about the people", async () => {
    const { watcher } = await start();
    const own = await post('/v1/sessions', watcher, { mode: 'identify', observe: true });
    const sessionId = String(own.body['sessionId']);
    const observed = await connect((own.body['observation'] as { ticket: string }).ticket);
    const service = await connect((await post('/v1/live', watcher)).body['ticket']);
    for (const client of [observed, service])
      expect(await nextMessage(client)).toMatchObject({ type: 'welcome' });
    const replays = [
      new Replay(observation, clock, { sessionId, observed: true }),
      new Replay(observation, clock, { tenant: 'yours', sessionId: 'foreign' }),
    ];
    for (const replay of replays) replay.run();
    clock.advance(1200);
    await running.gateway.close();

    const received: LiveMessage[] = [];
    const bytes: Uint8Array[] = [];
    for (const client of [observed, service])
      for (let next = await client.next(); next !== null; next = await client.next()) {
        received.push(decode(next.bytes) as LiveMessage);
        bytes.push(next.bytes);
      }
    expect(new Set(received.map(({ type }) => type))).toEqual(
      new Set(['look', 'sessions', 'service', 'error']),
    );
    expect(keysOf(received).filter((key) => !KEYS.has(key))).toEqual([]);
    const text = Buffer.concat(bytes).toString('latin1');
    for (const secret of ['alice', 'foreign', 'yours', 'mine']) expect(text.includes(secret)).toBe(false);
    const longest = received.flatMap((message) =>
      message.type === 'look' ? [message.landmarks?.byteLength ?? 0] : [],
    );
    expect(Math.max(...longest)).toBe(468 * 4);
  });

  it('serves metrics under stable names, to those who may read them', async () => {
    await start({ VERIFRAME_METRICS: 'token', VERIFRAME_METRICS_TOKEN: 'a-token-of-the-test' });
    new Replay(observation, clock).run();
    const ask = (headers: Record<string, string>) => fetch(`${running.httpUrl}/metrics`, { headers });
    expect((await ask({})).status).toBe(404);
    const answer = await ask({ authorization: 'Bearer a-token-of-the-test' });
    expect(answer.headers.get('content-type')).toContain('text/plain');
    const text = await answer.text();
    expect([...text.matchAll(/^# TYPE (\S+) (\w+)$/gm)].map(([, name, type]) => `${name} ${type}`)).toEqual([
      'veriframe_frames_total counter',
      'veriframe_decisions_total counter',
      'veriframe_sessions_failed_total counter',
      'veriframe_frame_latency_seconds histogram',
      'veriframe_session_duration_seconds histogram',
      'veriframe_sessions_open gauge',
      'veriframe_inference_queue_depth gauge',
      'veriframe_inference_workers gauge',
      'veriframe_inference_workers_busy gauge',
      'veriframe_event_loop_lag_seconds gauge',
      'process_resident_memory_bytes gauge',
    ]);
    const analysed = DRIVER.events.filter(({ type }) => type === 'analyzed').length;
    expect(text).toContain(`veriframe_frames_total{result="analysed"} ${analysed}`);
    expect(text).toContain('veriframe_decisions_total{mode="verify",outcome="accept"} 1');
    expect(text).toContain(`veriframe_frame_latency_seconds_count ${analysed}`);
    expect(text).toContain('veriframe_inference_queue_depth 4');
  });

  it('serves metrics to nobody by default, and to this machine only when it is set to', async () => {
    await start();
    expect((await fetch(`${running.httpUrl}/metrics`)).status).toBe(404);
    await running.gateway.close();
    await start({ VERIFRAME_METRICS: 'local' });
    expect((await fetch(`${running.httpUrl}/metrics`)).status).toBe(200);
    const forwarded = { headers: { 'x-forwarded-for': '192.0.2.1' } };
    expect((await fetch(`${running.httpUrl}/metrics`, forwarded)).status).toBe(404);
  });
});
