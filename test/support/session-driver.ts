import { policyFor, type Policy } from '../../server/policy/built-in.ts';
import type { Effect } from '../../server/session/effect.ts';
import type { EnrolmentResult, SessionEvent } from '../../server/session/event.ts';
import type { Candidate, Reference } from '../../server/matching/reference.ts';
import { initialState, type SessionContext, type SessionState } from '../../server/session/state.ts';
import { NO_TRUST, type TrustAtHello } from '../../server/session/trust.ts';
import { transition } from '../../server/session/transition.ts';
import type { Mode, PublicStatus } from '../../protocol/status.ts';
import { ALICE, analysisOf, embeddingsOf, seeded, type Identity, type Script } from './analysis-builder.ts';
import { requestOfAlice } from './session-request.ts';

export const ALL_MODELS: SessionContext = {
  models: {
    embeddings: ['faceres', 'dlib', 'mobilefacenet'],
    pad: ['minifasnet-v2', 'minifasnet-v1se'],
    motion: true,
  },
};
export const BASE_MODELS: SessionContext = { models: { embeddings: ['faceres', 'dlib'], pad: [] } };

export const START_MS = 1_000_000;

export interface DriverOptions {
  readonly mode?: Mode;
  /** By its name, or a policy of the test's own. */
  readonly policy?: string | Policy;
  readonly context?: SessionContext;
  /** Whose reference the subject `alice` has. */
  readonly enrolled?: Identity | null;
  readonly seed?: number;
  readonly framesPerSecond?: number;
  /** The client offers to show colours. */
  readonly flash?: boolean;
  /** What is known, beside the pictures, of who sends them. */
  readonly trust?: Partial<TrustAtHello>;
  /** How long a frame's analysis takes. */
  readonly analysisMs?: number;
  /** What every search of the gallery finds. */
  readonly candidates?: readonly Candidate[];
  readonly store?: EnrolmentResult['result'];
  /** Whether the reference that an accept rests on is still stored. */
  readonly stands?: boolean;
  readonly storeMs?: number;
}

export type DecideEffect = Extract<Effect, { type: 'decide' }>;

/**
 * Drives the pure session as the runner does: a clock that is only a number, a worker that answers after
 * `analysisMs`, wake-ups at their time. Keeps every event, so that a session can be replayed.
 */
export class SessionDriver {
  readonly policy: Policy;
  readonly context: SessionContext;
  readonly events: SessionEvent[] = [];
  readonly effects: Effect[] = [];
  readonly statuses: { readonly atMs: number; readonly status: PublicStatus }[] = [];
  readonly request;
  state: SessionState;
  nowMs = START_MS;
  status: PublicStatus | null = null;
  decision: DecideEffect | null = null;
  failure: string | null = null;
  wakeAtMs: number | null = null;
  credit = 0;
  private seq = 0;
  private readonly random: () => number;
  private readonly looks = new Map<number, ReturnType<Script>>();
  private readonly due: { readonly atMs: number; readonly event: () => SessionEvent }[] = [];
  private readonly options: DriverOptions;

  constructor(options: DriverOptions = {}) {
    const { mode = 'verify', policy = 'standard', context = ALL_MODELS, seed = 1 } = options;
    this.options = options;
    this.policy = typeof policy === 'string' ? policyFor(policy) : policy;
    this.context = context;
    this.random = seeded(seed);
    this.request = requestOfAlice(mode, this.policy.name, START_MS);
    this.state = initialState(this.request, START_MS);
    this.dispatch({
      type: 'hello',
      atMs: this.nowMs,
      flash: options.flash ?? false,
      trust: { ...NO_TRUST, ...options.trust },
    });
    this.dispatch({ type: 'references', atMs: this.nowMs, references: this.references() });
  }

  /** Lets the subject act for `durationMs` or until the session ends; `nextMs` says how long until the next frame. */
  play(
    script: Script,
    durationMs: number,
    nextMs: () => number = () => 1000 / (this.options.framesPerSecond ?? 25),
  ): this {
    const untilMs = this.nowMs + durationMs;
    for (let frameAtMs = this.nowMs; frameAtMs < untilMs && !this.ended; frameAtMs += nextMs()) {
      this.letTimePass(frameAtMs);
      if (this.ended || this.credit === 0) continue;
      this.sendFrame(script(this.nowMs, this.status));
    }
    this.letTimePass(untilMs);
    return this;
  }

  sendFrame(look: ReturnType<Script>, seq = this.seq++): void {
    this.looks.set(seq, look);
    this.credit--;
    const capturedAtMs = this.nowMs - 40 + (seq % 7) / 10;
    this.dispatch({ type: 'frame', atMs: this.nowMs, seq, capturedAtMs, bytes: 20_000 });
  }

  /** Moves the clock, delivering wake-ups and analyses on the way. */
  letTimePass(untilMs: number): void {
    let wakesNow = 0;
    for (;;) {
      this.due.sort((a, b) => a.atMs - b.atMs);
      const next = this.due[0];
      const wakeAtMs = this.wakeAtMs;
      if (next !== undefined && next.atMs <= untilMs && (wakeAtMs === null || next.atMs <= wakeAtMs)) {
        this.due.shift();
        this.nowMs = Math.max(this.nowMs, next.atMs);
        this.dispatch(next.event());
      } else if (wakeAtMs !== null && wakeAtMs <= untilMs) {
        wakesNow = wakeAtMs > this.nowMs ? 0 : wakesNow + 1;
        if (wakesNow > 100) throw new Error('the session wakes itself up without end');
        this.nowMs = Math.max(this.nowMs, wakeAtMs);
        this.wakeAtMs = null;
        this.dispatch({ type: 'deadline', atMs: this.nowMs, draws: this.draws() });
      } else break;
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  dispatch(event: SessionEvent): void {
    this.events.push(event);
    const [state, effects] = transition(this.state, event, this.policy, this.context);
    this.state = state;
    this.effects.push(...effects);
    for (const effect of effects) this.execute(effect);
  }

  get ended(): boolean {
    return this.state.phase === 'decided' || this.state.phase === 'closed';
  }

  draws(): number[] {
    return [this.random(), this.random(), this.random()];
  }

  private execute(effect: Effect): void {
    switch (effect.type) {
      case 'request-turn':
        this.later(0, () => ({ type: 'turn', atMs: this.nowMs }));
        break;
      case 'analyze': {
        const look = this.looks.get(effect.seq) ?? {};
        const analysis = analysisOf(look, effect.options, this.context.models, this.random);
        const { seq } = effect;
        const draws = this.draws();
        const { seenBefore = false } = look;
        this.later(this.options.analysisMs ?? 15, () => ({
          type: 'analyzed',
          atMs: this.nowMs,
          seq,
          analysis,
          seenBefore,
          draws,
        }));
        break;
      }
      case 'send-credit':
        this.credit += effect.frames;
        break;
      case 'send-status':
        this.status = effect.status;
        this.statuses.push({ atMs: this.nowMs, status: effect.status });
        break;
      case 'wake-at':
        this.wakeAtMs = effect.atMs;
        break;
      case 'search-gallery': {
        const candidates = this.options.candidates ?? [];
        this.later(5, () => ({ type: 'candidates', atMs: this.nowMs, candidates }));
        break;
      }
      case 'store-reference':
        this.later(this.options.storeMs ?? 20, () => {
          const { store = 'stored' } = this.options;
          const event = { type: 'enrolled', atMs: this.nowMs } as const;
          return store === 'stored'
            ? { ...event, result: store, reference: { referenceId: 'new', subject: 'alice' } }
            : { ...event, result: store };
        });
        break;
      case 'record-accept':
        this.later(5, () => ({
          type: 'accept-recorded',
          atMs: this.nowMs,
          stands: this.options.stands ?? true,
        }));
        break;
      case 'decide':
        this.decision = effect;
        break;
      case 'fail':
        this.failure = effect.code;
        break;
      case 'forget-frame':
      case 'send-error':
        break;
    }
  }

  private later(afterMs: number, event: () => SessionEvent): void {
    this.due.push({ atMs: this.nowMs + afterMs, event });
  }

  private references(): Reference[] {
    const { enrolled = ALICE, mode = 'verify' } = this.options;
    if (enrolled === null || mode !== 'verify') return [];
    return [{ referenceId: 'r1', subject: 'alice', embeddings: embeddingsOf(enrolled, 0.35, seeded(99)) }];
  }
}
