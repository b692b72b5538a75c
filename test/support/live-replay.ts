import type { ErrorCode } from '../../protocol/errors.ts';
import { readSettingsOf } from '../../server/settings/parts.ts';
import { createObservation, type Observation } from '../../server/observe/observation.ts';
import type { SessionWatch } from '../../server/observe/session-watch.ts';
import type { SessionRequest } from '../../server/session/ports.ts';
import { initialState } from '../../server/session/state.ts';
import { transition } from '../../server/session/transition.ts';
import { SessionDriver, START_MS } from './session-driver.ts';
import { subject } from './subjects.ts';
import { VirtualClock } from './virtual-clock.ts';

/** One genuine verification from hello to its acceptance, played once for all tests. */
export const DRIVER = new SessionDriver({ seed: 3 }).play(subject(), 30_000);

export function observe(env: Record<string, string> = {}) {
  const clock = new VirtualClock();
  const faults: unknown[] = [];
  const observation = createObservation({
    settings: readSettingsOf('observation', env),
    clock,
    context: DRIVER.context,
    analyzer: { workers: 2, busyWorkers: 1, queueDepth: 4 },
    openSessions: () => 1,
    reportFault: (fault) => faults.push(fault),
  });
  return { clock, observation, faults };
}

/** Plays the session before the observers, in its own pace on the virtual clock. */
export class Replay {
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

  /** Ends it as the server does, without a decision. */
  cutOff(code: ErrorCode): void {
    this.#watch?.ended(code);
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
      if (this.events.length === 0) this.#watch?.ended(null);
    }
  }
}
