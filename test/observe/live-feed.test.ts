import { describe, expect, it } from 'vitest';
import { LANDMARK_SCALE, type LiveMessage, type LiveSession } from '../../protocol/live.ts';
import { MAX_LISTENERS, SLOW_BYTES, type LiveListener } from '../../server/observe/live-feed.ts';
import type { FrameAnalysis } from '../../server/vision/analysis.ts';
import { DRIVER, observe, Replay } from '../support/live-replay.ts';
import { START_MS } from '../support/session-driver.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';

type Look = Extract<LiveMessage, { type: 'look' }>;

class Listener implements LiveListener {
  readonly received: { readonly atMs: number; readonly message: LiveMessage }[] = [];
  bufferedBytes = 0;
  end: string | null | undefined;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  send(message: LiveMessage): void {
    this.received.push({ atMs: this.#clock.nowMs(), message });
  }

  close(code: string | null): void {
    this.end = code;
  }

  sessions(): readonly { readonly atMs: number; readonly session: LiveSession }[] {
    return this.received.flatMap(({ atMs, message }) =>
      message.type === 'sessions' ? message.sessions.map((session) => ({ atMs, session })) : [],
    );
  }
}

describe('the live feed', () => {
  const service = { scope: 'service', tenant: 'mine' } as const;

  it('R36: updates a session at most ten times a second and the service once, until the decision', () => {
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
    expect(last?.challenges.passed).toHaveLength(last?.challenges.of ?? -1);
    expect(last?.framesPerSecond).toBeGreaterThan(20);
    expect(last?.face?.eyeOpenness).toBeGreaterThan(0);
    const tookMs = (updates.at(-1)?.atMs ?? 0) - (updates[0]?.atMs ?? 0);
    const figures = listener.received.filter(({ message }) => message.type === 'service');
    expect(figures.length).toBeGreaterThan(1);
    expect(figures.length).toBeLessThanOrEqual(tookMs / 1000 + 3);
    observation.close();
  });

  it('says what ended an aborted session, and counts it', async () => {
    const { clock, observation } = observe({ VERIFRAME_METRICS: 'local' });
    const listener = new Listener(clock);
    observation.live.attach(observation.liveTickets.issue(service).ticket, listener);
    const replay = new Replay(observation, clock);
    replay.run(1_000);
    replay.cutOff('server.draining');
    clock.advance(200);
    expect(listener.sessions().at(-1)?.session.end).toEqual({ outcome: null, code: 'server.draining' });
    const asking = { headers: new Map<string, string>(), remoteAddress: '127.0.0.1' };
    expect((await observation.metrics(asking))?.body).toContain(
      'veriframe_sessions_failed_total{mode="verify",code="server.draining"} 1',
    );
    observation.close();
  });

  it('R24 R37: tells of a challenge no sooner than its client knows it', () => {
    const { clock, observation } = observe();
    const listener = new Listener(clock);
    observation.live.attach(observation.liveTickets.issue(service).ticket, listener);
    const offsetMs = clock.nowMs() - START_MS;
    new Replay(observation, clock).run();
    const revealed = listener
      .sessions()
      .flatMap(({ atMs, session: { challenges } }) =>
        challenges.current === null
          ? []
          : [{ atMs, kind: challenges.current.kind, number: challenges.passed.length + 1 }],
      );
    expect(new Set(revealed.map(({ number }) => number)).size).toBeGreaterThan(1);
    for (const { atMs, kind, number } of revealed) {
      const shown = DRIVER.statuses.find(({ status }) => status.challenge?.number === number);
      expect(shown?.status.challenge?.kind).toBe(kind);
      expect(atMs).toBeGreaterThanOrEqual((shown?.atMs ?? Infinity) + offsetMs);
    }
    observation.close();
  });

  it('R38: a listener that does not read misses updates, gets the latest state once it reads, and delays nobody', () => {
    const { clock, observation } = observe();
    const [slow, quick] = [new Listener(clock), new Listener(clock)];
    for (const listener of [slow, quick])
      observation.live.attach(observation.liveTickets.issue(service).ticket, listener);
    const replay = new Replay(observation, clock);
    replay.run(1000);
    slow.bufferedBytes = SLOW_BYTES + 1;
    const before = slow.received.length;
    replay.run();
    expect(slow.received.length).toBe(before);
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

  it('refuses more listeners than there may be, and takes others when they have left', () => {
    const { clock, observation } = observe();
    for (const [grant, most] of [
      [service, MAX_LISTENERS.service],
      [{ scope: 'session', sessionId: 'one' } as const, MAX_LISTENERS.session],
    ] as const) {
      const attach = () =>
        observation.live.attach(observation.liveTickets.issue(grant).ticket, new Listener(clock));
      const leave = Array.from({ length: most }, attach);
      expect(attach).toThrow(expect.objectContaining({ code: 'server.busy' }));
      leave[0]?.();
      expect(attach).not.toThrow();
    }
    observation.close();
  });

  it('sends every one of many sessions in turn', () => {
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

  it('R36: follows only the observed session of its ticket frame by frame', () => {
    const { clock, observation } = observe();
    const [own, ordinary] = [new Listener(clock), new Listener(clock)];
    const grant = (sessionId: string) => ({ scope: 'session', sessionId }) as const;
    observation.live.attach(observation.liveTickets.issue(grant('mine')).ticket, own);
    observation.live.attach(observation.liveTickets.issue(grant('session')).ticket, ordinary);
    new Replay(observation, clock, { sessionId: 'mine', observed: true }).run();
    new Replay(observation, clock).run();
    clock.advance(200);
    const looks = own.received.flatMap(({ message }) => (message.type === 'look' ? [message] : []));
    const analyzed = DRIVER.events.flatMap((event) => (event.type === 'analyzed' ? [event] : []));
    expect(looks.map(({ seq }) => seq)).toEqual(analyzed.map(({ seq }) => seq));
    const at = 30;
    expect(misplacedPx(looks[at], analyzed[at]?.analysis)).toBeLessThan(640 / LANDMARK_SCALE);
    expect(own.sessions().at(-1)?.session.end).toMatchObject({ outcome: 'accept' });
    expect(own.end).toBeNull();
    expect(ordinary.received.map(({ message }) => message.type)).toEqual(['welcome']);
    observation.close();
  });
});

/** The largest distance between a landmark that was sent and the one that was measured, in pixels. */
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
