import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  announce,
  announcementDueInMs,
  settleAnnouncement,
  SILENCE,
  SPEAK_MS,
} from '../../client/browser/element/announcer.ts';
import { screenText } from '../../client/browser/element/captions.ts';
import { CHALLENGE_DRAWINGS } from '../../client/browser/element/challenge-drawings.ts';
import { pageEventOf } from '../../client/browser/element/events.ts';
import {
  firstHint,
  HOLD_MS,
  hintDueInMs,
  settleHint,
  requestHint,
} from '../../client/browser/element/hint-holder.ts';
import {
  angleBetween,
  beadPath,
  directionToCentre,
  OVAL,
  placeOval,
  pointOnRing,
  type RingState,
  TICK_MARKS,
  tickLook,
} from '../../client/browser/element/ring.ts';
import {
  drawingOf,
  isGuidance,
  lineOf,
  nextView,
  ringOf,
  START,
  type View,
} from '../../client/browser/element/view.ts';
import { LANGUAGES } from '../../client/browser/element/words/index.ts';
import { replaceWords } from '../../client/browser/element/words/words.ts';
import { FaceSessionError } from '../../client/browser/sdk/errors.ts';
import type { FaceSessionEvent } from '../../client/browser/sdk/session-state.ts';
import { MODES } from '../../protocol/status.ts';

const still: RingState = { progress: 0, gapDeg: null, trail: null, signDeg: null };
const looks = (state: RingState) => TICK_MARKS.map(({ angleDeg }) => tickLook(angleDeg, state));
const count = (state: RingState, look: string) => looks(state).filter((each) => each === look).length;

describe('ring', () => {
  it('has 72 ticks at equal distances, from the top, outside an oval of 1 : 1.3', () => {
    expect(OVAL.ry / OVAL.rx).toBeCloseTo(1.3);
    expect(TICK_MARKS).toHaveLength(72);
    expect(TICK_MARKS[0]?.angleDeg).toBe(0);
    const steps = TICK_MARKS.map(({ from }, index) => {
      const next = TICK_MARKS[(index + 1) % 72]?.from ?? from;
      return Math.hypot(next.x - from.x, next.y - from.y);
    });
    expect(Math.max(...steps) / Math.min(...steps)).toBeLessThan(1.05);
    for (const { from, to } of TICK_MARKS) {
      expect((from.x / OVAL.rx) ** 2 + (from.y / OVAL.ry) ** 2).toBeGreaterThan(1);
      expect(Math.hypot(to.x, to.y)).toBeGreaterThan(Math.hypot(from.x, from.y));
    }
  });

  it('lights from the top, equally on both sides, and completely only at full progress', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.99, noNaN: true }), (progress) => {
        const lit = TICK_MARKS.filter(({ angleDeg }) => tickLook(angleDeg, { ...still, progress }) === 'lit');
        expect(lit.length).toBeLessThan(72);
        const left = lit.filter(({ angleDeg }) => angleDeg > 180).length;
        const right = lit.filter(({ angleDeg }) => angleDeg > 0 && angleDeg < 180).length;
        expect(Math.abs(left - right)).toBeLessThanOrEqual(1);
      }),
    );
    expect(count({ ...still, progress: 1 }, 'lit')).toBe(72);
    expect(count(still, 'plain')).toBe(72);
  });

  it('opens in the direction in which the face should move in the mirrored picture', () => {
    const box = (x: number, y: number) => ({ x: x - 0.1, y: y - 0.1, width: 0.2, height: 0.2 });
    expect(directionToCentre(box(0.5, 0.5))).toBeNull();
    // The left half of the frame is the right half of the mirrored screen: move left.
    expect(directionToCentre(box(0.2, 0.5))).toBeCloseTo(270);
    expect(directionToCentre(box(0.8, 0.5))).toBeCloseTo(90);
    expect(directionToCentre(box(0.5, 0.2))).toBeCloseTo(180);
    expect(directionToCentre(box(0.5, 0.8))).toBeCloseTo(0);
    const opened = looks({ ...still, gapDeg: 270 });
    expect(opened[54]).toBe('gone');
    expect(opened[18]).toBe('plain');
    expect(opened.filter((look) => look === 'guide').length).toBeGreaterThan(2);
  });

  it('fills behind the bead on its side only, as the head follows', () => {
    const trail = (followed: number) => ({ ...still, trail: { toDeg: 270, followed } });
    const side = count(trail(0), 'guide');
    expect(side).toBeGreaterThan(12);
    expect(count(trail(0), 'lit')).toBe(0);
    expect(count(trail(1), 'lit')).toBe(side);
    expect(count(trail(0.5), 'lit')).toBeGreaterThan(0);
    expect(count(trail(0.5), 'lit')).toBeLessThan(side);
    for (const { angleDeg } of TICK_MARKS)
      if (angleDeg > 0 && angleDeg < 180) expect(tickLook(angleDeg, trail(1))).toBe('plain');
  });

  it('moves the bead from the top the shorter way', () => {
    const left = beadPath(270, 8);
    expect(left[0]?.x).toBeCloseTo(0);
    expect(left[0]?.y).toBe(pointOnRing(0).y);
    expect(left.at(-1)?.x).toBeLessThan(-OVAL.rx);
    expect(left.every(({ x, y }) => x <= 1e-9 && y <= 1e-9)).toBe(true);
    expect(beadPath(90, 8).every(({ x }) => x >= -1e-9)).toBe(true);
  });

  it('fits oval and ring into any stage', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 4000 }),
        fc.integer({ min: 200, max: 4000 }),
        (width, height) => {
          const { cx, cy, scale } = placeOval({ width, height });
          expect(cx + pointOnRing(90, 15).x * scale).toBeLessThan(width);
          expect(cy + pointOnRing(180, 15).y * scale).toBeLessThan(height);
        },
      ),
    );
  });

  it('fills from both sides toward a bead at the top or bottom, and the bead moves there straight', () => {
    for (const toDeg of [0, 180]) {
      const trail = (followed: number) => ({ ...still, trail: { toDeg, followed } });
      const arc = count(trail(0), 'guide');
      expect(arc).toBeGreaterThan(12);
      expect(count(trail(1), 'lit')).toBe(arc);
      const half = TICK_MARKS.filter(({ angleDeg }) => tickLook(angleDeg, trail(0.5)) === 'lit');
      const left = half.filter(({ angleDeg }) => angleDeg > 180).length;
      expect(left).toBeGreaterThan(0);
      expect(half.length - left).toBe(left);
      const path = beadPath(toDeg, 8);
      expect(path.every(({ x }) => x === 0)).toBe(true);
      expect(path.at(-1)?.y).toBeCloseTo(pointOnRing(toDeg).y);
    }
  });

  it('hides ticks for lids at the top and for a mouth at the bottom', () => {
    expect(tickLook(0, { ...still, signDeg: 0 })).toBe('gone');
    expect(tickLook(180, { ...still, signDeg: 0 })).toBe('plain');
    expect(tickLook(180, { ...still, signDeg: 180 })).toBe('gone');
  });

  it('R26: shows the subject’s left on the left of the mirrored picture', () => {
    expect(CHALLENGE_DRAWINGS['turn-left'].beadDeg).toBe(270);
    expect(CHALLENGE_DRAWINGS['turn-right'].beadDeg).toBe(90);
    expect(angleBetween(350, 10)).toBe(20);
  });
});

describe('hint holder', () => {
  it('shows each line for at least 900 ms, and finally the last requested one', () => {
    const wishes = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 0, max: 700 })), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(wishes, (list) => {
        let nowMs = 0;
        let held = firstHint('first', nowMs);
        const shown = [held];
        const see = () => {
          if (held.shown !== shown.at(-1)?.shown) shown.push(held);
        };
        for (const [hint, pauseMs] of list) {
          const dueMs = hintDueInMs(held, nowMs);
          if (dueMs !== null && dueMs <= pauseMs) {
            held = settleHint(held, nowMs + dueMs);
            see();
          }
          nowMs += pauseMs;
          held = requestHint(held, hint, nowMs);
          see();
        }
        const dueMs = hintDueInMs(held, nowMs);
        if (dueMs !== null) held = settleHint(held, nowMs + dueMs);
        see();
        expect(held.shown).toBe(list.at(-1)?.[0]);
        for (const [index, next] of shown.slice(1).entries())
          expect(next.shownAtMs - (shown[index]?.shownAtMs ?? 0)).toBeGreaterThanOrEqual(HOLD_MS);
      }),
    );
  });
});

describe('announcer', () => {
  it('speaks the latest guidance no faster than it can be spoken, and challenges at once', () => {
    const first = announce(SILENCE, 'Move closer', false, 0);
    expect(first.spoken).toBe('Move closer');
    const crowded = announce(announce(first, 'Too dark here', false, 300), 'Hold still', false, 600);
    expect(crowded.spoken).toBe('Move closer');
    expect(announcementDueInMs(crowded, 600)).toBe(SPEAK_MS - 600);
    expect(settleAnnouncement(crowded, SPEAK_MS).spoken).toBe('Hold still');
    expect(announce(crowded, 'Turn left', true, 700)).toEqual({
      spoken: 'Turn left',
      spokenAtMs: 700,
      waiting: null,
    });
  });
});

describe('view', () => {
  const started: View = nextView(START, { type: 'streaming', sessionId: 's', mode: 'verify' });
  const status = (rest: Partial<Extract<FaceSessionEvent, { type: 'status' }>>): FaceSessionEvent => ({
    type: 'status',
    phase: 'positioning',
    progress: 0,
    ...rest,
  });

  it('never reduces the lit part of the ring, even when the face is lost and the phase goes back', () => {
    const phase = fc.constantFrom('hello', 'positioning', 'challenging', 'matching', 'decided' as const);
    fc.assert(
      fc.property(fc.array(fc.tuple(phase, fc.double({ min: 0, max: 1, noNaN: true }))), (steps) => {
        let view = started;
        let before = 0;
        for (const [at, progress] of steps) {
          view = nextView(view, status({ phase: at, progress }));
          const now = ringOf(view).progress;
          expect(now).toBeGreaterThanOrEqual(before);
          expect(now).toBeLessThan(1);
          before = now;
        }
      }),
    );
    expect(
      ringOf(nextView(started, { type: 'decision', outcome: 'accept', retryable: false })).progress,
    ).toBe(1);
    expect(ringOf(nextView(started, { type: 'decision', outcome: 'reject', retryable: true })).progress).toBe(
      0,
    );
  });

  it('shows a hint before the challenge, and the challenge before the phase', () => {
    const challenge = { kind: 'blink', number: 1, of: 1, remainingMs: 1, skippable: false } as const;
    const line = (rest: Parameters<typeof status>[0]) => {
      const view = nextView(started, status(rest));
      return view.screen === 'streaming' ? lineOf(view) : null;
    };
    expect(line({ hint: 'too-dark', challenge })).toEqual({ of: 'hint', hint: 'too-dark' });
    expect(line({ hint: 'do-challenge', challenge })).toEqual({ of: 'challenge', kind: 'blink' });
    expect(line({ phase: 'matching' })).toEqual({ of: 'phase', phase: 'matching' });
  });

  it('says what is too slow and still shows the challenge', () => {
    const challenge = { kind: 'turn-left', number: 1, of: 1, remainingMs: 1, skippable: false } as const;
    for (const hint of ['connection-slow', 'service-slow'] as const) {
      const view = nextView(started, status({ phase: 'challenging', hint, challenge }));
      if (view.screen !== 'streaming') throw new Error('it streams');
      expect(lineOf(view)).toEqual({ of: 'hint', hint });
      expect(isGuidance(lineOf(view))).toBe(false);
      expect(drawingOf(view)).toBe(CHALLENGE_DRAWINGS['turn-left']);
    }
  });

  it('ends with the words for what was too slow, in every mode, and with the usual ones otherwise', () => {
    const words = LANGUAGES['en'];
    for (const mode of MODES) {
      const ends = (cause?: 'connection' | 'service') =>
        nextView(started, {
          type: 'decision',
          outcome: 're-verify',
          retryable: true,
          ...(cause === undefined ? {} : { cause }),
        });
      expect(screenText(ends('connection'), words, mode)).toEqual(words.slow.connection);
      expect(screenText(ends('service'), words, mode)).toEqual(words.slow.service);
      expect(screenText(ends(), words, mode)?.title).not.toBe(words.slow.connection.title);
    }
    const decided = { type: 'decision', outcome: 're-verify', retryable: true, cause: 'service' } as const;
    expect(pageEventOf(decided, 'verify')).toEqual({
      type: 'failed',
      detail: { mode: 'verify', outcome: 're-verify', retryable: true, cause: 'service' },
    });
  });

  it('keeps its line in the pause between challenges, so that the next one is shown at once', () => {
    const settling = nextView(started, status({ phase: 'challenging', hint: 'look-straight' }));
    const pause = status({ phase: 'challenging', hint: 'hold-still' });
    expect(nextView(settling, pause)).toMatchObject({ hint: 'look-straight' });
    expect(nextView(started, pause)).toMatchObject({ hint: 'hold-still' });
    const covered = status({ phase: 'challenging', hint: 'face-covered' });
    expect(nextView(settling, covered)).toMatchObject({ hint: 'face-covered' });
  });

  it('has a screen for every end', () => {
    const end = (code: ConstructorParameters<typeof FaceSessionError>[0]) =>
      nextView(started, { type: 'failed', error: new FaceSessionError(code) }).screen;
    expect(end('camera.denied')).toBe('denied');
    expect(end('connection.offline')).toBe('offline');
    expect(end('server.internal')).toBe('error');
    expect(nextView(started, { type: 'cancelled' })).toEqual(START);
  });
});

describe('words', () => {
  const leaves = (part: unknown, path = ''): string[] =>
    typeof part === 'object' && part !== null
      ? Object.entries(part).flatMap(([key, value]) => leaves(value, `${path}.${key}`))
      : [`${path}=${String(part)}`];

  it.each(
    Object.entries(LANGUAGES),
  )('%s has every text, without HTML and exclamation marks', (_locale, words) => {
    const said = leaves(words);
    expect(said).toHaveLength(leaves(LANGUAGES['en']).length);
    for (const line of said) expect(line).not.toMatch(/=$|[!！¡]/);
    expect(words.challengeOf).toMatch(/\{number\}.*\{of\}/);
  });

  it('can be replaced in any part', () => {
    const english = LANGUAGES['en'];
    if (english === undefined) throw new Error('no English');
    const words = replaceWords(english, { hint: { wait: 'Hang on' }, retry: 'Again' });
    expect(words.hint.wait).toBe('Hang on');
    expect(words.hint['no-face']).toBe(english.hint['no-face']);
    expect(words.retry).toBe('Again');
  });
});
