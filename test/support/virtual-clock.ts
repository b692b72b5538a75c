import type { Clock } from '../../server/time/clock.ts';

/**
 * A clock that the test moves, so that sessions with real models and sockets do not depend on how fast the machine
 * is. Starts at the real time.
 */
export class VirtualClock implements Clock {
  private current = Date.now();
  private readonly alarms = new Set<{ readonly atMs: number; readonly callback: () => void }>();

  nowMs(): number {
    return this.current;
  }

  wallMs(): number {
    return this.current;
  }

  wakeAt(atMs: number, callback: () => void): () => void {
    const alarm = { atMs, callback };
    this.alarms.add(alarm);
    return () => this.alarms.delete(alarm);
  }

  /** Alarms that are set. */
  get pending(): number {
    return this.alarms.size;
  }

  /** Moves on by `ms` and rings what is due, in order. */
  advance(ms: number): void {
    const untilMs = this.current + ms;
    for (let next = this.nextDue(untilMs); next !== undefined; next = this.nextDue(untilMs)) {
      this.alarms.delete(next);
      this.current = Math.max(this.current, next.atMs);
      next.callback();
    }
    this.current = untilMs;
  }

  private nextDue(untilMs: number) {
    return [...this.alarms].filter(({ atMs }) => atMs <= untilMs).toSorted((a, b) => a.atMs - b.atMs)[0];
  }
}

/** A virtual clock for sessions whose tokens are checked by programs that have the time of day. */
export class SessionClock extends VirtualClock {
  override wallMs(): number {
    return Date.now();
  }
}
