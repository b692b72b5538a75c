import { setTimeout as delay } from 'node:timers/promises';
import { createSession } from '../../client/kiosk/api.ts';
import { KioskError } from '../../client/kiosk/errors.ts';
import { connect } from '../../client/kiosk/session-client.ts';
import type { Decision } from '../../protocol/downstream.ts';
import type { Mode, Outcome } from '../../protocol/status.ts';
import { presentTo } from '../../simulator/index.ts';
import { seededDraws } from '../../simulator/seeded.ts';
import { Actor } from './actor.ts';
import { loadBank, type Bank } from './bank.ts';
import type { GeneratorSample, Role } from './messages.ts';
import { ProcessMeter, Times } from './meters.ts';

export interface GeneratorSettings {
  readonly port: number;
  readonly apiKey: string;
  readonly bankFile: string;
  readonly policy: string;
  readonly framesPerSecond: number;
  readonly seed: number;
}

/** A decision as the client received it. */
export interface ReceivedDecision {
  readonly sessionId: string;
  readonly role: Role;
  readonly mode: Mode;
  readonly outcome: Outcome;
}

/** One session in this number is of an impostor. */
const STRANGER_EVERY = 4;
const ENROL_ATTEMPTS = 20;
/** Mean wait in ms of a client that was told to come back later; it varies by half. */
const BUSY_WAIT_MS = 1_500;
const NO_PICTURE = Buffer.alloc(0);

const noDecisions = (): Record<Outcome, number> => ({ accept: 0, reject: 0, 're-verify': 0 });

/**
 * Simulated clients that connect, stream, receive the decision, and start again. Their number is the number of seats.
 */
export class Generator {
  readonly #settings: GeneratorSettings;
  readonly #onDecision: (told: ReceivedDecision) => void;
  readonly #meter = new ProcessMeter();
  readonly #decisionMs = new Times();
  readonly #draw: () => number;
  #bank: Bank | null = null;
  #seats: AbortController[] = [];
  #turns = 0;
  #decisions: Record<Role, Record<Outcome, number>> = { genuine: noDecisions(), stranger: noDecisions() };
  #wrong: string[] = [];
  #failures: Record<string, number> = {};
  #refusals = 0;
  #offered = 0;
  #sent = 0;

  constructor(settings: GeneratorSettings, onDecision: (told: ReceivedDecision) => void = () => {}) {
    this.#settings = settings;
    this.#onDecision = onDecision;
    this.#draw = seededDraws(settings.seed);
  }

  /** Loads the people and enrols one of them under the `attended` policy. Rejects when a few attempts fail. */
  async begin(): Promise<void> {
    this.#bank = await loadBank(this.#settings.bankFile);
    const signal = new AbortController().signal;
    let ended = 'no attempt';
    for (let attempt = 0; attempt < ENROL_ATTEMPTS && ended !== 'accept'; attempt++)
      ended = await this.#session('enrol', 'genuine', signal).then(
        ({ outcome }) => outcome,
        async (error: unknown) => await this.#failed(error, signal),
      );
    if (ended !== 'accept') throw new Error(`The person could not be enrolled: ${ended}.`);
    this.reset();
  }

  /** Sets the number of simultaneous clients. Surplus clients leave after their session. */
  seat(count: number): void {
    for (const seat of this.#seats.splice(count)) seat.abort();
    while (this.#seats.length < count) {
      const seat = new AbortController();
      this.#seats.push(seat);
      void this.#occupy(seat.signal);
    }
  }

  reset(): void {
    this.#meter.reset();
    this.#decisionMs.reset();
    this.#decisions = { genuine: noDecisions(), stranger: noDecisions() };
    this.#wrong = [];
    this.#failures = {};
    this.#refusals = 0;
    this.#offered = 0;
    this.#sent = 0;
  }

  sample(): GeneratorSample {
    return {
      type: 'generator',
      process: this.#meter.sample(),
      decisions: structuredClone(this.#decisions),
      wrong: [...this.#wrong],
      failures: { ...this.#failures },
      refusals: this.#refusals,
      offered: this.#offered,
      sent: this.#sent,
      decisionMs: this.#decisionMs.sum(),
    };
  }

  async #occupy(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const role: Role = this.#turns++ % STRANGER_EVERY === STRANGER_EVERY - 1 ? 'stranger' : 'genuine';
      try {
        const { outcome } = await this.#session('verify', role, signal);
        this.#decisions[role][outcome]++;
      } catch (error) {
        await this.#failed(error, signal);
      }
    }
  }

  /** Counts a failure, waits like a person, and resolves with the failure's code. */
  async #failed(error: unknown, signal: AbortSignal): Promise<string> {
    const code = error instanceof KioskError ? error.code : String(error);
    if (signal.aborted) return code;
    if (code === 'server.busy') this.#refusals++;
    else this.#failures[code] = (this.#failures[code] ?? 0) + 1;
    await delay(BUSY_WAIT_MS * (0.5 + this.#draw()), undefined, { signal }).catch(() => {});
    return code;
  }

  async #session(mode: 'enrol' | 'verify', role: Role, signal: AbortSignal): Promise<Decision> {
    const { port, apiKey, policy, framesPerSecond } = this.#settings;
    const bank = this.#bank;
    if (bank === null) throw new TypeError('begin was not called.');
    // The `attended` policy, because an enrolment must not depend on the number of frames that a loaded machine
    // analyses.
    const request = { mode, subject: 'ada', policy: mode === 'enrol' ? 'attended' : policy, nonce: 'load' };
    const { ticket, sessionId } = await createSession(
      new URL(`http://127.0.0.1:${port}`),
      apiKey,
      request,
      signal,
    );
    const session = await connect({ url: `ws://127.0.0.1:${port}/v1/stream`, ticket, client: 'bench' });
    const welcomedAtMs = performance.now();
    const actor = new Actor(role === 'genuine' ? bank.ada : bank.grace, wallMs(), this.#draw);
    const { events } = session;
    await presentTo(
      {
        events,
        sendFrame: (picture, atMs) => {
          this.#offered++;
          const sent = session.sendFrame(picture, atMs);
          if (sent) this.#sent++;
          return sent;
        },
      },
      {
        // Without credits the image could not be sent, so it is not made.
        frameAt: async (atMs) => (session.credits > 0 ? actor.frameAt(atMs) : NO_PICTURE),
        onStatus: (status, atMs) => actor.onStatus(status, atMs),
      },
      { fps: framesPerSecond },
    );
    const decision = await session.decision;
    if (decision.outcome === (role === 'genuine' ? 'reject' : 'accept')) this.#wrong.push(sessionId);
    this.#onDecision({ sessionId, role, mode, outcome: decision.outcome });
    if (decision.outcome !== 're-verify') this.#decisionMs.add(performance.now() - welcomedAtMs);
    return decision;
  }
}

function wallMs(): number {
  return performance.timeOrigin + performance.now();
}
