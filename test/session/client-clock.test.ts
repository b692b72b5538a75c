import { describe, expect, it } from 'vitest';
import type { SessionEvent } from '../../server/session/event.ts';
import { subject } from '../support/subjects.ts';
import { type DriverOptions, SessionDriver, START_MS } from '../support/session-driver.ts';

/** A client with an arbitrary clock. */
class ClientWithClock extends SessionDriver {
  private readonly clock: (atMs: number) => number;

  constructor(clock: (atMs: number) => number, options: DriverOptions = {}) {
    super(options);
    this.clock = clock;
  }

  override dispatch(event: SessionEvent): void {
    super.dispatch(
      event.type === 'frame' ? { ...event, capturedAtMs: this.clock(event.capturedAtMs) } : event,
    );
  }
}

const HOUR_MS = 3_600_000;
const CLOCKS: readonly (readonly [string, (atMs: number) => number])[] = [
  ['is an hour ahead', (atMs) => atMs + HOUR_MS],
  ['is an hour behind', (atMs) => atMs - HOUR_MS],
  ['leaps an hour ahead', (atMs) => (atMs > START_MS + 3_000 ? atMs + HOUR_MS : atMs)],
  ['leaps an hour back', (atMs) => (atMs > START_MS + 3_000 ? atMs - HOUR_MS : atMs)],
  ['is ahead by the time in which a person reacts', (atMs) => atMs + 500],
];

describe('a client whose clock', () => {
  const right = new SessionDriver().play(subject(), 60_000);

  it.each(CLOCKS)('%s is accepted after the same time', (_title, clock) => {
    const wrong = new ClientWithClock(clock).play(subject(), 60_000);
    expect(right.decision?.outcome).toBe('accept');
    expect(wrong.decision?.outcome).toBe('accept');
    expect(wrong.nowMs).toBe(right.nowMs);
  });

  it.each(CLOCKS.slice(-1))('%s cannot answer sooner than a person', (_title, clock) => {
    const hasty = new ClientWithClock(clock).play(subject({ reactionMs: 0 }), 60_000);
    expect(hasty.decision?.outcome).not.toBe('accept');
  });
});
