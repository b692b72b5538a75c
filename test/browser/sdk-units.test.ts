import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { decodeDownstream as decodeByCodec, decodeUpstream, encodeMessage } from '../../protocol/codec.ts';
import type { Downstream } from '../../protocol/downstream.ts';
import { ERRORS } from '../../protocol/errors.ts';
import { CHALLENGE_KINDS, HINTS, MODES, OUTCOMES, PHASES, SLOWNESSES } from '../../protocol/status.ts';
import { ColourPacer } from '../../client/browser/sdk/colour-pacer.ts';
import { EncoderTrials, type EncoderVariant } from '../../client/browser/sdk/encoder-trials.ts';
import { FACE_SESSION_ERRORS, FaceSessionError } from '../../client/browser/sdk/errors.ts';
import { EventQueue } from '../../client/browser/sdk/event-queue.ts';
import { adaptPace, frameSize, isFrameDue, type Pace, startPace } from '../../client/browser/sdk/pace.ts';
import { type FaceSessionState, nextSessionState } from '../../client/browser/sdk/session-state.ts';
import { decodeDownstream, encodeUpstream } from '../../client/browser/sdk/wire.ts';

const copy = (bytes: Uint8Array) => new Uint8Array(bytes).buffer;

describe('wire', () => {
  const number = fc.oneof(fc.integer({ min: -2, max: 3 }), fc.double(), fc.constant(0.5));
  const loose = fc.oneof(
    number,
    fc.string({ maxLength: 4 }),
    fc.boolean(),
    fc.constant(null),
    fc.constant(undefined),
  );
  const mostly = <T>(good: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: loose });
  const fraction = fc.double({ min: 0, max: 1, noNaN: true });
  const maybe = <T>(good: fc.Arbitrary<T>) => fc.option(good, { nil: undefined });
  const retry = mostly(fc.constantFrom('never', 'now', 'backoff'));
  const positive = mostly(fc.integer({ min: 1, max: 5000 }));
  const messages = fc.oneof(
    fc.record({
      type: fc.constant('welcome'),
      sessionId: mostly(fc.string()),
      mode: mostly(fc.constantFrom(...MODES)),
      policy: mostly(fc.string()),
      limits: mostly(
        fc.record({
          maxImageBytes: positive,
          maxImagePixels: positive,
          maxFramesPerSecond: mostly(fc.double({ min: 0.1, max: 60, noNaN: true })),
          maxSessionMs: positive,
        }),
      ),
    }),
    fc.record({
      type: fc.constant('status'),
      phase: mostly(fc.constantFrom(...PHASES)),
      face: maybe(mostly(fc.record({ x: number, y: number, width: number, height: number }))),
      hint: maybe(mostly(fc.constantFrom(...HINTS))),
      progress: mostly(fraction),
      challenge: maybe(
        mostly(
          fc.record({
            kind: mostly(fc.constantFrom(...CHALLENGE_KINDS)),
            number: positive,
            of: positive,
            remainingMs: mostly(fc.double({ min: 0, max: 9000, noNaN: true })),
            skippable: mostly(fc.boolean()),
          }),
        ),
      ),
    }),
    fc.record({ type: fc.constant('credit'), frames: positive }),
    fc.record({
      type: fc.constant('decision'),
      outcome: mostly(fc.constantFrom(...OUTCOMES)),
      token: maybe(mostly(fc.string())),
      retry,
      cause: maybe(mostly(fc.constantFrom(...SLOWNESSES))),
    }),
    fc.record({
      type: fc.constant('error'),
      code: mostly(fc.constantFrom(...Object.keys(ERRORS))),
      message: mostly(fc.string()),
      retry,
    }),
    fc.record({ type: mostly(fc.string()), anything: loose }),
  );
  const verdict = (decode: () => Downstream) => {
    try {
      return { message: decode() };
    } catch {
      return { refused: true };
    }
  };

  it('R7: accepts and refuses exactly what the codec does, with the same result', () => {
    let accepted = 0;
    fc.assert(
      fc.property(messages, (message) => {
        // The messages are invalid on purpose; the encoder takes any map.
        const bytes = encodeMessage(message as Downstream);
        const ours = verdict(() => decodeDownstream(copy(bytes)));
        expect(ours).toEqual(verdict(() => decodeByCodec(bytes)));
        if ('message' in ours) accepted += 1;
      }),
      { numRuns: 1500, seed: 20 },
    );
    expect(accepted).toBeGreaterThan(300);
  });

  it('R33: keeps reading when a message has fields it does not know', () => {
    const bytes = encodeMessage({ type: 'credit', frames: 1, later: 2 } as Downstream);
    expect(decodeDownstream(copy(bytes))).toMatchObject({ type: 'credit', frames: 1 });
  });

  it('R47: treats an unknown hint or cause as absent', () => {
    const status = { type: 'status', phase: 'positioning', hint: 'of-tomorrow', progress: 0.5 };
    const decision = { type: 'decision', outcome: 're-verify', retry: 'now', cause: 'of-tomorrow' };
    for (const [message, field] of [
      [status, 'hint'],
      [decision, 'cause'],
    ] as const) {
      // A later server may send values that today's types do not have.
      const bytes = encodeMessage(message as unknown as Downstream);
      const { [field]: _, ...known } = { hint: null, cause: null, ...message };
      for (const decoded of [decodeDownstream(copy(bytes)), decodeByCodec(bytes)]) {
        expect(decoded).not.toHaveProperty(field);
        expect(known).toMatchObject(decoded);
      }
    }
  });

  it('R5: refuses bytes that are not one map, with a code', () => {
    for (const bytes of [[], [0xc1], [0x93, 1, 2, 3], [0x80, 0x80], [0xdf, 0xff, 0xff, 0xff, 0xff]])
      expect(() => decodeDownstream(new Uint8Array(bytes).buffer)).toThrow(FaceSessionError);
  });

  it('encodes what the codec decodes', () => {
    const image = new Uint8Array([255, 216, 255]);
    for (const message of [
      { type: 'hello', ticket: 'a-ticket-of-sixteen', client: 'test' },
      { type: 'frame', seq: 2 ** 40, capturedAtMs: 1_790_000_000_000.25, image },
      { type: 'skip' },
      { type: 'bye', reason: 'cancelled' },
    ] as const)
      expect(decodeUpstream(encodeUpstream(message))).toEqual(message);
  });
});

describe('pace', () => {
  const quick = { roundTripMs: 60, backlogBytes: 0, frameBytes: 30_000 };
  const clogged = { roundTripMs: 900, backlogBytes: 200_000, frameBytes: 30_000 };
  const queued = { roundTripMs: 1500, backlogBytes: 0, frameBytes: 30_000 };
  const run = (pace: Pace, sample: typeof quick, seconds: number) => {
    let now = pace;
    for (let step = 1; step <= seconds * 10; step += 1)
      now = adaptPace(now, sample, 30, pace.changedAtMs + step * 100);
    return now;
  };

  it('reduces quality before the rate that a blink needs, when the network is slow', () => {
    const start = startPace(30, 0);
    const soon = run(start, clogged, 2);
    expect(soon.quality).toBeLessThan(start.quality);
    expect(soon.framesPerSecond).toBe(15);
    const later = run(soon, clogged, 20);
    expect(later.framesPerSecond).toBe(5);
    expect(later.quality).toBe(0.5);
    expect(later.scale).toBeGreaterThanOrEqual(0.6);
  });

  it('reduces only the rate when the server is slow', () => {
    const later = run(startPace(30, 0), queued, 10);
    expect(later.framesPerSecond).toBeLessThan(10);
    expect([later.quality, later.scale]).toEqual([0.8, 1]);
  });

  it('returns to its best when the delays are short again', () => {
    const back = run(run(startPace(30, 0), clogged, 20), quick, 60);
    expect(back).toMatchObject({ quality: 0.85, scale: 1, framesPerSecond: 28.5 });
  });

  it('R18: never exceeds the announced rate, whatever is measured', () => {
    const sample = fc.record({
      roundTripMs: fc.double({ min: 0, max: 5000, noNaN: true }),
      backlogBytes: fc.nat(500_000),
      frameBytes: fc.nat(100_000),
    });
    fc.assert(
      fc.property(fc.array(sample), fc.double({ min: 6, max: 60, noNaN: true }), (samples, most) => {
        let pace = startPace(most, 0);
        for (const [index, each] of samples.entries()) {
          pace = adaptPace(pace, each, most, index * 500);
          expect(pace.framesPerSecond).toBeLessThan(most);
        }
      }),
    );
  });

  it('is due after its interval and fits the pixel limit in even sides', () => {
    const pace = startPace(10, 0);
    expect(isFrameDue(pace, null, 0)).toBe(true);
    expect(isFrameDue(pace, 0, 100)).toBe(false);
    expect(isFrameDue(pace, 0, 106)).toBe(true);
    expect(frameSize({ width: 640, height: 480 }, 1, 640 * 480)).toEqual({ width: 640, height: 480 });
    expect(frameSize({ width: 480, height: 640 }, 1, 640 * 480)).toEqual({ width: 480, height: 640 });
    const { width, height } = frameSize({ width: 1921, height: 1081 }, 1, 640 * 480);
    expect(width * height).toBeLessThanOrEqual(640 * 480);
    expect((width % 2) + (height % 2)).toBe(0);
  });
});

describe('encoder trials', () => {
  const settle = (
    costs: (variant: EncoderVariant) => { ms: number; bytes: number } | null,
    hasWorker = true,
  ) => {
    const trials = new EncoderTrials({ hasWorker });
    for (let frame = 0; frame < 40; frame += 1) {
      const variant = trials.next();
      const cost = costs(variant);
      if (cost === null) trials.exclude(variant);
      else trials.record(variant, cost.ms, cost.bytes);
    }
    return trials.next();
  };

  it('takes JPEG when WebP is slow, and WebP when it is quick and small', () => {
    const slowWebp = settle(({ format }) =>
      format === 'image/webp' ? { ms: 20, bytes: 10 } : { ms: 4, bytes: 30 },
    );
    expect(slowWebp.format).toBe('image/jpeg');
    const goodWebp = settle(({ format }) =>
      format === 'image/webp' ? { ms: 5, bytes: 10 } : { ms: 4, bytes: 30 },
    );
    expect(goodWebp.format).toBe('image/webp');
  });

  it('takes the worker unless it is clearly slower, broken or missing', () => {
    expect(settle(() => ({ ms: 5, bytes: 10 })).place).toBe('worker');
    expect(settle(({ place }) => ({ ms: place === 'worker' ? 9 : 5, bytes: 10 })).place).toBe('page');
    expect(settle(({ place }) => (place === 'worker' ? null : { ms: 5, bytes: 10 })).place).toBe('page');
    expect(settle(() => ({ ms: 5, bytes: 10 }), false).place).toBe('page');
  });

  it('falls back to JPEG where WebP cannot be written', () => {
    expect(settle(({ format }) => (format === 'image/webp' ? null : { ms: 5, bytes: 10 }))).toEqual({
      place: 'worker',
      format: 'image/jpeg',
    });
  });
});

describe('session state', () => {
  it('stays ended once it has ended', () => {
    const end = { type: 'cancelled' } as const;
    const ended = nextSessionState({ kind: 'starting' }, end);
    expect(ended).toEqual({ kind: 'ended', end });
    const state: FaceSessionState = nextSessionState(ended, { type: 'connecting' });
    expect(state).toBe(ended);
  });

  it('delivers events in order, waits for new ones, and is notified when its reader leaves', async () => {
    let left = 0;
    const queue = new EventQueue<number>(() => (left += 1));
    queue.push(1);
    const waiting = [queue.next(), queue.next()];
    queue.push(2);
    expect((await Promise.all(waiting)).map(({ value }) => value)).toEqual([1, 2]);
    queue.push(3);
    for await (const value of queue) {
      expect(value).toBe(3);
      break;
    }
    expect(left).toBe(1);
    expect(await queue.next()).toEqual({ done: true, value: undefined });
  });
});

describe('errors', () => {
  it('each say when to try again, and a refused ticket asks for another one', () => {
    for (const [code, { message, retry }] of Object.entries(FACE_SESSION_ERRORS)) {
      expect({ code, message }).toEqual({ code, message: expect.stringMatching(/\.$/) });
      expect(['never', 'now', 'backoff']).toContain(retry);
    }
    expect(new FaceSessionError('camera.unsupported').retryable).toBe(false);
    expect(new FaceSessionError('server.busy').retryable).toBe(true);
    expect(new FaceSessionError('ticket.invalid').retryable).toBe(true);
  });
});

describe('colours', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
  afterEach(() => vi.useRealTimers());

  it('change at most three times a second however they come, and end with the newest', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(500), { minLength: 1, maxLength: 12 }), (gapsMs) => {
        const changes: { atMs: number; number: number }[] = [];
        const pacer = new ColourPacer((flash) => {
          if (flash !== null) changes.push({ atMs: performance.now(), number: flash.number });
        });
        for (const [index, gapMs] of gapsMs.entries()) {
          vi.advanceTimersByTime(gapMs);
          pacer.request({ number: index + 1, colour: '#ffffff', of: gapsMs.length });
        }
        vi.advanceTimersByTime(1_000);
        for (const [index, { atMs }] of changes.slice(1).entries())
          expect(atMs - (changes[index]?.atMs ?? Infinity)).toBeGreaterThanOrEqual(334);
        expect(changes.at(-1)?.number).toBe(gapsMs.length);
        expect(pacer.shown?.number).toBe(gapsMs.length);
        pacer.stop();
      }),
    );
  });
});
