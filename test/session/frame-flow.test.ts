import { describe, expect, it } from 'vitest';
import { policyFor } from '../../server/policy/built-in.ts';
import type { Effect } from '../../server/session/effect.ts';
import { SessionDriver, START_MS } from '../support/session-driver.ts';

/** A session whose worker never answers by itself. */
class Manual extends SessionDriver {
  frame(seq: number): readonly Effect[] {
    const from = this.effects.length;
    this.dispatch({ type: 'frame', atMs: this.nowMs, seq, capturedAtMs: this.nowMs, bytes: 1 });
    return this.effects.slice(from);
  }

  turn(): readonly Effect[] {
    const from = this.effects.length;
    this.dispatch({ type: 'turn', atMs: this.nowMs });
    return this.effects.slice(from);
  }

  failed(
    seq: number,
    code: 'frame.undecodable' | 'frame.too_many_pixels' | 'server.internal',
  ): readonly Effect[] {
    const from = this.effects.length;
    this.dispatch({ type: 'analysis-failed', atMs: this.nowMs, seq, code });
    return this.effects.slice(from);
  }
}

const types = (effects: readonly Effect[]) => effects.map(({ type }) => type);

describe('frame flow', () => {
  it('R14 gives the first credit at hello', () => {
    const driver = new Manual();
    expect(driver.credit).toBe(policyFor('standard').frameWindow);
    expect(new Manual({ policy: 'attended', mode: 'enrol' }).credit).toBe(1);
  });

  it('R17 asks for one turn, hands over the newest frame, and returns the credit of replaced frames with it', () => {
    const driver = new Manual();
    expect(driver.frame(0)).toEqual([{ type: 'request-turn' }]);
    expect(driver.frame(5)).toEqual([{ type: 'forget-frame', seq: 0 }]);
    const [analyze] = driver.turn();
    expect(analyze).toMatchObject({ type: 'analyze', seq: 5, region: null });
    expect(driver.frame(6)).toEqual([]);
    expect(driver.failed(5, 'server.internal')).toEqual([
      { type: 'send-credit', frames: 2 },
      { type: 'request-turn' },
    ]);
    expect(driver.turn()).toMatchObject([{ type: 'analyze', seq: 6 }]);
  });

  it('a lost worker costs one frame, a session that keeps losing them ends', () => {
    const driver = new Manual();
    for (let seq = 0; seq <= driver.policy.maxLost; seq++) {
      expect(driver.ended).toBe(false);
      driver.frame(seq);
      driver.turn();
      driver.failed(seq, 'server.internal');
    }
    expect(driver.failure).toBe('server.internal');
  });

  it('after a lost worker the whole picture is searched, in case the region was the reason', () => {
    const driver = new SessionDriver().play(() => ({}), 400);
    const regions = () =>
      driver.effects.flatMap((effect) => (effect.type === 'analyze' ? [effect.region] : []));
    expect(regions().at(-1)).not.toBeNull();
    const next = (seq: number) => {
      driver.dispatch({ type: 'frame', atMs: driver.nowMs, seq, capturedAtMs: driver.nowMs, bytes: 1 });
      driver.dispatch({ type: 'turn', atMs: driver.nowMs });
    };
    next(1_000);
    expect(regions().at(-1)).not.toBeNull();
    driver.dispatch({ type: 'analysis-failed', atMs: driver.nowMs, seq: 1_000, code: 'server.internal' });
    next(1_001);
    expect(regions().at(-1)).toBeNull();
  });

  it('a turn without a frame is given back', () => {
    expect(types(new Manual().turn())).toEqual([]);
  });

  it('R15 a number that does not rise ends the session', () => {
    const driver = new Manual();
    driver.frame(3);
    expect(types(driver.frame(3))).toEqual(['wake-at', 'fail']);
    expect(driver.failure).toBe('frame.out_of_order');
  });

  it('R16 a frame without credit ends the session', () => {
    const driver = new Manual();
    for (const seq of [0, 1, 2]) driver.frame(seq);
    driver.frame(3);
    expect(driver.failure).toBe('frame.no_credit');
  });

  it('R19 an unreadable image is answered and its credit returned; too many end the session', () => {
    const driver = new Manual();
    const { maxUndecodable } = policyFor('standard');
    for (let seq = 0; seq < maxUndecodable; seq++) {
      driver.frame(seq);
      driver.turn();
      expect(driver.failed(seq, 'frame.undecodable').slice(0, 2)).toEqual([
        { type: 'send-error', code: 'frame.undecodable' },
        { type: 'send-credit', frames: 1 },
      ]);
    }
    driver.frame(maxUndecodable);
    driver.turn();
    driver.failed(maxUndecodable, 'frame.undecodable');
    expect(driver.failure).toBe('frame.too_many_undecodable');
  });

  it('R19 a stream that turns unreadable for a while goes on with the next good pictures', () => {
    const driver = new SessionDriver().play(() => ({}), 400);
    const { maxUndecodable, undecodableMs } = driver.policy;
    let seq = 1_000;
    const unreadable = () => {
      driver.dispatch({ type: 'frame', atMs: driver.nowMs, seq, capturedAtMs: driver.nowMs, bytes: 1 });
      driver.dispatch({ type: 'turn', atMs: driver.nowMs });
      driver.dispatch({ type: 'analysis-failed', atMs: driver.nowMs, seq: seq++, code: 'frame.undecodable' });
    };
    for (let spell = 0; spell < 2; spell++) {
      for (let count = 0; count < 5 * maxUndecodable; count++) unreadable();
      expect(driver.ended).toBe(false);
      driver.sendFrame({}, seq++);
      driver.letTimePass(driver.nowMs + 200);
    }
    driver.nowMs += undecodableMs + 1;
    for (let count = 0; count <= maxUndecodable; count++) unreadable();
    expect(driver.failure).toBe('frame.too_many_undecodable');
  });

  it('R19 too many pixels end the session', () => {
    const driver = new Manual();
    driver.frame(0);
    driver.turn();
    driver.failed(0, 'frame.too_many_pixels');
    expect(driver.failure).toBe('frame.too_many_pixels');
  });

  it('a crashed worker costs one frame, and the next frame is searched as a whole', () => {
    const driver = new Manual();
    driver.frame(0);
    driver.turn();
    expect(types(driver.failed(0, 'server.internal'))).toEqual(['send-credit']);
    driver.frame(1);
    expect(driver.turn()).toMatchObject([{ type: 'analyze', seq: 1, region: null }]);
  });

  it('an answer that no frame waits for changes nothing', () => {
    const driver = new Manual();
    const before = driver.state;
    expect(driver.failed(7, 'frame.undecodable')).toEqual([]);
    expect(driver.state).toEqual(before);
  });
});

describe('the end of a session', () => {
  it.each([
    ['bye, cancelled', { type: 'bye', reason: 'cancelled' }, 'cancelled'],
    ['a lost connection', { type: 'disconnected' }, 'disconnected'],
  ] as const)('by %s is re-verify', (_, event, reason) => {
    const driver = new SessionDriver();
    driver.play(() => ({}), 1_000);
    driver.dispatch({ ...event, atMs: driver.nowMs });
    expect(driver.decision).toMatchObject({ outcome: 're-verify', retry: 'now', reasons: [reason] });
  });

  it('R29 bye with the source ended waits for the frames that were sent', () => {
    const driver = new SessionDriver();
    driver.play(() => ({}), 990);
    driver.sendFrame({});
    driver.dispatch({ type: 'bye', atMs: driver.nowMs, reason: 'source-ended' });
    expect(driver.decision).toBeNull();
    driver.letTimePass(driver.nowMs + 50);
    expect(driver.decision?.reasons[0]).toBe('source-ended');
  });

  it('comes at the positioning deadline when there is no face', () => {
    const driver = new SessionDriver();
    driver.play(() => ({ found: false }), 20_000);
    expect(driver.decision).toMatchObject({ outcome: 're-verify', retry: 'now' });
    expect(driver.decision?.reasons).toContain('time-up');
    expect(driver.nowMs - START_MS).toBeLessThan(20_001);
  });

  it('comes when several faces stay in view', () => {
    const driver = new SessionDriver();
    driver.play(() => ({ faceCount: 2 }), 10_000);
    expect(driver.decision?.reasons).toEqual(['several-faces']);
    expect(driver.statuses.some(({ status }) => status.hint === 'several-faces')).toBe(true);
  });

  it('R13 comes with a second hello', () => {
    const driver = new SessionDriver();
    driver.dispatch({ type: 'hello', atMs: driver.nowMs });
    expect(driver.failure).toBe('hello.repeated');
  });

  it('waits for a reference that is being stored, even when the client is gone', () => {
    const driver = new SessionDriver({ mode: 'enrol', policy: 'attended', storeMs: 500 });
    for (let i = 0; i < 200 && !driver.effects.some(({ type }) => type === 'store-reference'); i++)
      driver.play(() => ({}), 40);
    driver.dispatch({ type: 'disconnected', atMs: driver.nowMs });
    expect(driver.decision).toBeNull();
    driver.letTimePass(driver.nowMs + 600);
    expect(driver.decision).toMatchObject({ outcome: 'accept', subject: 'alice' });
  });
});

describe('hints', () => {
  it.each([
    ['no-face', { found: false }],
    ['move-closer', { quality: { interEyePx: 20 } }],
    ['move-back', { size: 900, quality: { interEyePx: 270 } }],
    ['centre-face', { quality: { insideShare: 0.7 } }],
    ['too-dark', { quality: { brightness: 20 } }],
    ['too-bright', { quality: { brightness: 250 } }],
    ['face-covered', { quality: { occlusion: 0.9 } }],
    ['look-straight', { yawDeg: 30 }],
    ['hold-still', { quality: { sharpness: 2 } }],
  ] as const)('%s while that is the defect of the frame', (hint, look) => {
    const driver = new SessionDriver();
    driver.play(() => look, 2_000);
    expect(driver.status).toMatchObject({ phase: 'positioning', hint });
    expect(driver.state.phase).toBe('positioning');
  });

  it('stay long enough to be read, unless the phase or the challenge changes', () => {
    const driver = new SessionDriver();
    let frame = 0;
    driver.play(() => (frame++ % 60 < 30 ? { found: false } : { quality: { brightness: 20 } }), 8_000);
    const changes = driver.statuses.filter(
      ({ status }, i) => status.hint !== driver.statuses[i - 1]?.status.hint,
    );
    expect(changes.length).toBeGreaterThan(3);
    for (const [i, { atMs }] of changes.slice(2).entries())
      expect(atMs - changes[i + 1].atMs).toBeGreaterThanOrEqual(900);
  });

  it('do not ask a person who blinks to open the eyes', () => {
    const driver = new SessionDriver();
    driver.play(
      (atMs) => ({ openness: (atMs - START_MS) % 1_500 < 200 ? 0.4 : 1, yawDeg: atMs % 2 ? 20 : 0 }),
      6_000,
    );
    expect(driver.statuses.some(({ status }) => status.hint === 'open-eyes')).toBe(false);
  });
});
