import { describe, expect, it } from 'vitest';
import { FrameMemory } from '../../server/sessions/frame-memory.ts';
import { seeded, type Script } from '../support/analysis-builder.ts';
import { SessionDriver } from '../support/session-driver.ts';

const random = seeded(8);
const digest = () =>
  Array.from({ length: 4 }, () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('');
const digests = (count: number) => Array.from({ length: count }, digest);

describe('the memory of frames', () => {
  it('recognises a picture of another session, but not one of the same session', () => {
    const memory = new FrameMemory(1000);
    const [first, second] = [memory.openSession(), memory.openSession()];
    const pictures = digests(100);
    expect(pictures.map((picture) => first.seenBefore(picture))).not.toContain(true);
    expect(pictures.map((picture) => first.seenBefore(picture))).not.toContain(true);
    expect(pictures.map((picture) => second.seenBefore(picture))).not.toContain(false);
    expect(digests(100).map((picture) => second.seenBefore(picture))).not.toContain(true);
  });

  it('keeps at least half of what it may, forgets what is older, and stays as large as it is', () => {
    const memory = new FrameMemory(1000);
    const session = memory.openSession();
    const pictures = digests(5000);
    for (const picture of pictures) session.seenBefore(picture);
    const later = memory.openSession();
    expect(pictures.slice(-500).every((picture) => later.seenBefore(picture))).toBe(true);
    expect(pictures.slice(0, 3000).some((picture) => memory.openSession().seenBefore(picture))).toBe(false);
  });

  it('distinguishes digests that differ in any of their first 64 bits', () => {
    const session = new FrameMemory(100).openSession();
    const picture = '0123456789abcdef0123456789abcdef';
    expect(session.seenBefore(picture)).toBe(false);
    const other = new FrameMemory(100);
    other.openSession().seenBefore(picture);
    for (const at of [0, 7, 8, 15]) {
      const changed = `${picture.slice(0, at)}${picture[at] === '0' ? '1' : '0'}${picture.slice(at + 1)}`;
      expect(other.openSession().seenBefore(changed)).toBe(false);
    }
    expect(other.openSession().seenBefore(picture)).toBe(true);
  });
});

describe('a session that shows the pictures of another', () => {
  const outcome = (script: Script) =>
    new SessionDriver({ policy: 'blink-only' }).play(script, 20_000).decision;
  let frames = 0;

  it('is rejected at the third of them, and the record says why', () => {
    const decision = outcome(() => ({ seenBefore: frames++ % 5 === 4 }));
    expect(decision?.outcome).toBe('reject');
    expect(decision?.reasons).toEqual(['injection-above-bar', 'replayed']);
    expect(frames).toBeLessThan(25);
  });

  it('is not one where a stalled camera hands the last picture of a session to the next session', () => {
    frames = 0;
    expect(outcome(() => ({ seenBefore: frames++ < 2 }))?.reasons).not.toContain('replayed');
  });
});
