import { afterEach, describe, expect, it } from 'vitest';
import { decode } from '@msgpack/msgpack';
import { encodeMessage } from '../../protocol/codec.ts';
import { LANDMARK_SCALE, LIVE_SUBPROTOCOL, type LiveMessage, type LiveSession } from '../../protocol/live.ts';
import { CUES } from '../../server/evidence/evidence.ts';
import { OUTCOMES } from '../../protocol/status.ts';
import type { FrameAnalysis } from '../../server/vision/analysis.ts';
import { readConfig } from '../../server/config.ts';
import { createApiKeys, generateApiKey } from '../../server/identity/api-keys.ts';
import { createObservation, type Observation } from '../../server/observation.ts';
import { SLOW_BYTES, type LiveListener } from '../../server/observe/live-feed.ts';
import type { SessionWatch } from '../../server/observe/session-watch.ts';
import type { SessionRequest } from '../../server/session/ports.ts';
import { initialState } from '../../server/session/state.ts';
import { transition } from '../../server/session/transition.ts';
import { startGateway, TRANSPORTS, type Running } from '../gateway/harness.ts';
import { refusedUpgrade, TestClient } from '../gateway/sockets.ts';
import { SessionDriver, START_MS } from '../support/session-driver.ts';
import { subject } from '../support/subjects.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

type Look = Extract<LiveMessage, { type: 'look' }>;

/** One genuine verification from hello to its acceptance, played once for all tests. */
const DRIVER = new SessionDriver({ seed: 3 }).play(subject(), 30_000);

function observe(env: Record<string, string> = {}) {
  const clock = new VirtualClock();
  const faults: unknown[] = [];
  const observation = createObservation({
    config: readConfig(env),
    clock,
    context: DRIVER.context,
    analyzer: { workers: 2, busyWorkers: 1, queueDepth: 4 },
    openSessions: () => 1,
    reportFault: (fault) => faults.push(fault),
  });
  return { clock, observation, faults };
}

/** Plays the session before the observers, in its own pace on the virtual clock. */
class Replay {
  readonly events = [...DRIVER.events];
  readonly #watch: SessionWatch | null;
  readonly #clock: VirtualClock;
  readonly #startMs: number;
  #state;

  constructor(observation: Observation, clock: VirtualClock, change: Partial<SessionRequest> = {}) {
    const request: SessionRequest = { ...DRIVER.request, tenant: 'mine', ...change };
    this.#clock = clock;
    this.#startMs = clock.nowMs();
    this.#watch = observation.watch(request, DRIVER.policy);
    this.#state = initialState(request, this.#startMs);
  }

  /** Until `ms` after its start, or to its end. */
  run(ms = Infinity): void {
    for (let next = this.events[0]; next !== undefined; next = this.events[0]) {
      const atMs = next.atMs - START_MS + this.#startMs;
      if (atMs > this.#startMs + ms) break;
      this.events.shift();
      this.#clock.advance(atMs - this.#clock.nowMs());
      const event = { ...next, atMs };
      const [state, effects] = transition(this.#state, event, DRIVER.policy, DRIVER.context);
      this.#state = state;
      this.#watch?.stepped(event, state, effects);
      if (this.events.length === 0) this.#watch?.ended();
    }
  }
}

class Listener implements LiveListener {
  readonly heard: { readonly atMs: number; readonly message: LiveMessage }[] = [];
  bufferedBytes = 0;
  end: string | null | undefined;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  send(message: LiveMessage): void {
    this.heard.push({ atMs: this.#clock.nowMs(), message });
  }

  close(code: string | null): void {
    this.end = code;
  }

  sessions(): readonly { readonly atMs: number; readonly session: LiveSession }[] {
    return this.heard.flatMap(({ atMs, message }) =>
      message.type === 'sessions' ? message.sessions.map((session) => ({ atMs, session })) : [],
    );
  }
}

describe('the live feed', () => {
  const service = { scope: 'service', tenant: 'mine' } as const;

  it('R36: updates a session at most ten times a second and the service once, down to the decision', () => {
    const { clock, observation } = observe();
    const listener = new Listener(clock);
    observation.live.attach(observation.liveTickets.issue(service).ticket, listener);
    new Replay(observation, clock).run();
    clock.advance(200);
    const updates = listener.sessions();
    for (const { atMs } of updates)
      expect(updates.filter((one) => one.atMs >= atMs && one.atMs < atMs + 1000).length).toBeLessThanOrEqual(
        10,
      );
    const phases = new Set(updates.map(({ session }) => session.phase));
    expect([...phases].filter((phase) => phase !== 'matching')).toEqual([
      'positioning',
      'challenging',
      'decided',
    ]);
    const last = updates.at(-1)?.session;
    expect(last?.end).toMatchObject({ outcome: 'accept' });
    expect(last?.cues['match']).toEqual(DRIVER.decision?.evidence.match);
    expect(last?.framesPerSecond).toBeGreaterThan(20);
    expect(last?.face?.eyeOpenness).toBeGreaterThan(0);
    const tookMs = (updates.at(-1)?.atMs ?? 0) - (updates[0]?.atMs ?? 0);
    const figures = listener.heard.filter(({ message }) => message.type === 'service');
    expect(figures.length).toBeGreaterThan(1);
    expect(figures.length).toBeLessThanOrEqual(tookMs / 1000 + 3);
    observation.close();
  });

  it('R24 R37: tells of a challenge no sooner than its client knows it', () => {
    const { clock, observation } = observe();
    const listener = new Listener(clock);
    observation.live.attach(observation.liveTickets.issue(service).ticket, listener);
    const offsetMs = clock.nowMs() - START_MS;
    new Replay(observation, clock).run();
    const told = listener
      .sessions()
      .flatMap(({ atMs, session: { challenges } }) =>
        challenges.current === null
          ? []
          : [{ atMs, kind: challenges.current.kind, number: challenges.passed.length + 1 }],
      );
    expect(new Set(told.map(({ number }) => number)).size).toBeGreaterThan(1);
    for (const { atMs, kind, number } of told) {
      const shown = DRIVER.statuses.find(({ status }) => status.challenge?.number === number);
      expect(shown?.status.challenge?.kind).toBe(kind);
      expect(atMs).toBeGreaterThanOrEqual((shown?.atMs ?? Infinity) + offsetMs);
    }
    observation.close();
  });

  it('R38: a listener that does not read loses updates but the last state, and delays nobody', () => {
    const { clock, observation } = observe();
    const [slow, quick] = [new Listener(clock), new Listener(clock)];
    for (const listener of [slow, quick])
      observation.live.attach(observation.liveTickets.issue(service).ticket, listener);
    const replay = new Replay(observation, clock);
    replay.run(1000);
    slow.bufferedBytes = SLOW_BYTES + 1;
    const before = slow.heard.length;
    replay.run();
    expect(slow.heard.length).toBe(before);
    expect(quick.sessions().length).toBeGreaterThan(20);
    slow.bufferedBytes = 0;
    clock.advance(200);
    expect(slow.sessions().at(-1)?.session).toEqual(quick.sessions().at(-1)?.session);
    observation.close();
    expect(slow.end).toBe('server.draining');
  });

  it('R38: ends after fifteen minutes, and costs no timer while nobody listens', () => {
    const { clock, observation } = observe();
    expect(clock.pending).toBe(0);
    const listener = new Listener(clock);
    observation.live.attach(observation.liveTickets.issue(service).ticket, listener);
    clock.advance(15 * 60_000 + 200);
    expect(listener.end).toBeNull();
    expect(clock.pending).toBe(0);
    observation.close();
  });

  it('gives every one of many sessions its turn', () => {
    const { clock, observation } = observe();
    const listener = new Listener(clock);
    observation.live.attach(observation.liveTickets.issue(service).ticket, listener);
    const replays = Array.from(
      { length: 150 },
      (_, at) => new Replay(observation, clock, { sessionId: `session-${at}` }),
    );
    for (const replay of replays) replay.run(0);
    clock.advance(300);
    expect(new Set(listener.sessions().map(({ session }) => session.sessionId)).size).toBe(150);
    observation.close();
  });

  it('R36: follows an observed session frame by frame, and no other', () => {
    const { clock, observation } = observe();
    const [own, ordinary] = [new Listener(clock), new Listener(clock)];
    const grant = (sessionId: string) => ({ scope: 'session', sessionId }) as const;
    observation.live.attach(observation.liveTickets.issue(grant('mine')).ticket, own);
    observation.live.attach(observation.liveTickets.issue(grant('session')).ticket, ordinary);
    new Replay(observation, clock, { sessionId: 'mine', observed: true }).run();
    new Replay(observation, clock).run();
    clock.advance(200);
    const looks = own.heard.flatMap(({ message }) => (message.type === 'look' ? [message] : []));
    const analyzed = DRIVER.events.flatMap((event) => (event.type === 'analyzed' ? [event] : []));
    expect(looks.map(({ seq }) => seq)).toEqual(analyzed.map(({ seq }) => seq));
    const at = 30;
    expect(misplacedPx(looks[at], analyzed[at]?.analysis)).toBeLessThan(640 / LANDMARK_SCALE);
    expect(own.sessions().at(-1)?.session.end).toMatchObject({ outcome: 'accept' });
    expect(own.end).toBeNull();
    expect(ordinary.heard.map(({ message }) => message.type)).toEqual(['welcome']);
    observation.close();
  });
});

/** The largest distance of a landmark that was sent from the one that was measured. */
function misplacedPx(look: Look | undefined, analysis: FrameAnalysis | undefined): number {
  if (look?.landmarks?.byteLength !== 468 * 4 || analysis?.face.found !== true) return Infinity;
  const { width, height, face } = analysis;
  const sent = new DataView(look.landmarks.buffer, look.landmarks.byteOffset);
  const offsets = Array.from({ length: 468 }, (_, point) =>
    Math.hypot(
      (sent.getInt16(point * 4, true) / LANDMARK_SCALE) * width - (face.value.landmarks[point * 3] ?? 0),
      (sent.getInt16(point * 4 + 2, true) / LANDMARK_SCALE) * height -
        (face.value.landmarks[point * 3 + 1] ?? 0),
    ),
  );
  return Math.max(...offsets);
}

/** Every key that a message may have, at whatever depth. Nothing else is ever sent. */
const KEYS = new Set(
  `type scope atMs everyMs sessions figures session seq capturedAtMs width height verdict landmarks code message
  retry sessionId mode policy startedAtMs phase hint progress challenges passed of current kind stage cues
  requiredCues probability faceCount face eyeOpenness yawDeg pitchDeg rollDeg framesPerSecond end outcome reasons
  measured score logLikelihoodRatio frames why latencyMs p50 p95 p99 analysed superseded failed queueDepth workers
  busyWorkers decisions eventLoopLagMs memoryBytes`
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
      options: { live: observation.live, metrics: (request) => observation.metrics(request) },
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
  const hear = async (client: TestClient) => {
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
    expect(await hear(first)).toMatchObject({ type: 'welcome', scope: 'service' });
    const second = await connect(ticket);
    expect(await second.ended).toEqual({ code: 4200, reason: 'ticket.invalid' });
    first.send(encodeMessage({ type: 'hello', ticket: String(ticket) }));
    expect(await first.ended).toEqual({ code: 4102, reason: 'hello.repeated' });
  });

  it("R37: carries numbers of the tenant's own sessions and nothing of whom they are about", async () => {
    const { watcher } = await start();
    const own = await post('/v1/sessions', watcher, { mode: 'identify', observe: true });
    const sessionId = String(own.body['sessionId']);
    const observed = await connect((own.body['observation'] as { ticket: string }).ticket);
    const service = await connect((await post('/v1/live', watcher)).body['ticket']);
    for (const client of [observed, service]) expect(await hear(client)).toMatchObject({ type: 'welcome' });
    const replays = [
      new Replay(observation, clock, { sessionId, observed: true }),
      new Replay(observation, clock, { tenant: 'yours', sessionId: 'foreign' }),
    ];
    for (const replay of replays) replay.run();
    clock.advance(1200);
    await running.gateway.close();

    const heard: LiveMessage[] = [];
    const bytes: Uint8Array[] = [];
    for (const client of [observed, service])
      for (let next = await client.next(); next !== null; next = await client.next()) {
        heard.push(decode(next.bytes) as LiveMessage);
        bytes.push(next.bytes);
      }
    expect(new Set(heard.map(({ type }) => type))).toEqual(new Set(['look', 'sessions', 'service', 'error']));
    expect(keysOf(heard).filter((key) => !KEYS.has(key))).toEqual([]);
    const text = Buffer.concat(bytes).toString('latin1');
    for (const secret of ['alice', 'foreign', 'yours', 'mine']) expect(text.includes(secret)).toBe(false);
    const longest = heard.flatMap((message) =>
      message.type === 'look' ? [message.landmarks?.byteLength ?? 0] : [],
    );
    expect(Math.max(...longest)).toBe(468 * 4);
  });

  it('serves metrics to whoever may read them, under stable names', async () => {
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

  it('keeps metrics to this machine, or to itself, where it is told to', async () => {
    await start();
    expect((await fetch(`${running.httpUrl}/metrics`)).status).toBe(404);
    await running.gateway.close();
    await start({ VERIFRAME_METRICS: 'local' });
    expect((await fetch(`${running.httpUrl}/metrics`)).status).toBe(200);
    const forwarded = { headers: { 'x-forwarded-for': '192.0.2.1' } };
    expect((await fetch(`${running.httpUrl}/metrics`, forwarded)).status).toBe(404);
    expect(() => observe({ VERIFRAME_METRICS: 'token' })).toThrow('VERIFRAME_METRICS_TOKEN');
  });
});
