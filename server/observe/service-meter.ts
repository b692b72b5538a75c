import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ServiceFigures } from '../../protocol/live.ts';
import { OUTCOMES, type Mode, type Outcome } from '../../protocol/status.ts';
import { LatencyWindow } from './latency-window.ts';
import type { SessionWatch } from './session-watch.ts';

export interface MeterSources {
  readonly analyzer: { readonly workers: number; readonly busyWorkers: number; readonly queueDepth: number };
  readonly openSessions: () => number;
  /** A monotonic clock in milliseconds, with fractions. */
  readonly nowMs: () => number;
}

const WINDOW_MS = 10_000;
const RATE_MS = 2000;
const LAG_RESOLUTION_MS = 10;
const LAG_WINDOW_MS = 10_000;
/** The target is a status within a tenth of a second of the frame, so the buckets are finest up to there. */
const LATENCY_BUCKETS_S = [0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5];
const DURATION_BUCKETS_S = [1, 2, 3, 5, 8, 13, 20, 30, 60];

/** Counts frames, decisions and failures of every session, for `/metrics` and the live feed. */
export class ServiceMeter {
  readonly #registry = new Registry();
  readonly #sources: MeterSources;
  readonly #latencies = new LatencyWindow(WINDOW_MS);
  readonly #frames = { analysed: 0, superseded: 0, failed: 0 };
  readonly #decisions: Record<Outcome, number> = { accept: 0, reject: 0, 're-verify': 0 };
  readonly #frameCounter: Counter<'result'>;
  readonly #decisionCounter: Counter<'mode' | 'outcome'>;
  readonly #failureCounter: Counter<'mode' | 'code'>;
  readonly #latency: Histogram;
  readonly #duration: Histogram<'outcome'>;
  readonly #loopDelay = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  #lagSinceMs: number;

  constructor(sources: MeterSources) {
    const { analyzer, openSessions, nowMs } = sources;
    this.#sources = sources;
    this.#lagSinceMs = nowMs();
    this.#loopDelay.enable();
    const registers = [this.#registry];
    this.#frameCounter = new Counter({
      name: 'veriframe_frames_total',
      help: 'Frames by what became of them: analysed, superseded by a newer one, or failed.',
      labelNames: ['result'],
      registers,
    });
    this.#decisionCounter = new Counter({
      name: 'veriframe_decisions_total',
      help: 'Decisions by mode and outcome.',
      labelNames: ['mode', 'outcome'],
      registers,
    });
    this.#failureCounter = new Counter({
      name: 'veriframe_sessions_failed_total',
      help: 'Sessions that ended without a decision, by mode and the code of the error that ended them.',
      labelNames: ['mode', 'code'],
      registers,
    });
    this.#latency = new Histogram({
      name: 'veriframe_frame_latency_seconds',
      help: "From a frame's arrival to its result in the session.",
      buckets: LATENCY_BUCKETS_S,
      registers,
    });
    this.#duration = new Histogram({
      name: 'veriframe_session_duration_seconds',
      help: 'From hello to the decision, by outcome.',
      labelNames: ['outcome'],
      buckets: DURATION_BUCKETS_S,
      registers,
    });
    const gauge = (name: string, help: string, read: () => number) =>
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    gauge('veriframe_sessions_open', 'Sessions open now.', openSessions);
    gauge('veriframe_inference_queue_depth', 'Turns waiting for a worker.', () => analyzer.queueDepth);
    gauge('veriframe_inference_workers', 'Inference workers.', () => analyzer.workers);
    gauge('veriframe_inference_workers_busy', 'Workers with a frame in hand.', () => analyzer.busyWorkers);
    gauge(
      'veriframe_event_loop_lag_seconds',
      '99th percentile of late timers, over ten seconds at most.',
      () => this.#lagMs() / 1000,
    );
    gauge('process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss());
  }

  /** Observes one session. */
  watch(mode: Mode): SessionWatch {
    const arrivals = new Map<number, number>();
    const { nowMs } = this.#sources;
    let startedAtMs: number | null = null;
    return {
      stepped: (event, _state, effects) => {
        startedAtMs ??= event.atMs;
        if (event.type === 'frame') arrivals.set(event.seq, nowMs());
        else if (event.type === 'analyzed' || event.type === 'analysis-failed') {
          const arrivedAtMs = arrivals.get(event.seq);
          arrivals.delete(event.seq);
          if (event.type === 'analysis-failed') this.#count('failed');
          else if (arrivedAtMs !== undefined) this.#analysed(nowMs(), arrivedAtMs);
        }
        for (const effect of effects) {
          if (effect.type === 'forget-frame') {
            arrivals.delete(effect.seq);
            this.#count('superseded');
          } else if (effect.type === 'decide') {
            this.#decisions[effect.outcome] += 1;
            this.#decisionCounter.inc({ mode, outcome: effect.outcome });
            this.#duration.observe({ outcome: effect.outcome }, (event.atMs - startedAtMs) / 1000);
          }
        }
      },
      ended: (code) => {
        arrivals.clear();
        if (code !== null) this.#failureCounter.inc({ mode, code });
      },
    };
  }

  figures(): ServiceFigures {
    const { analyzer, openSessions, nowMs } = this.#sources;
    const now = nowMs();
    return {
      sessions: openSessions(),
      framesPerSecond: this.#latencies.countSince(now, RATE_MS) / (RATE_MS / 1000),
      latencyMs: this.#latencies.percentiles(now),
      frames: { ...this.#frames },
      queueDepth: analyzer.queueDepth,
      workers: analyzer.workers,
      busyWorkers: analyzer.busyWorkers,
      decisions: Object.fromEntries(OUTCOMES.map((outcome) => [outcome, this.#decisions[outcome]])) as Record<
        Outcome,
        number
      >,
      eventLoopLagMs: this.#lagMs(),
      memoryBytes: process.memoryUsage.rss(),
    };
  }

  /** All metrics in the text format of Prometheus. */
  async exposition(): Promise<{ readonly type: string; readonly text: string }> {
    return { type: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  close(): void {
    this.#loopDelay.disable();
  }

  #analysed(nowMs: number, arrivedAtMs: number): void {
    this.#count('analysed');
    this.#latencies.add(nowMs, nowMs - arrivedAtMs);
    this.#latency.observe((nowMs - arrivedAtMs) / 1000);
  }

  #count(result: keyof ServiceFigures['frames']): void {
    this.#frames[result] += 1;
    this.#frameCounter.inc({ result });
  }

  /** The histogram holds whole timer intervals, so the nominal interval is subtracted. */
  #lagMs(): number {
    const lagMs = Math.max(0, this.#loopDelay.percentile(99) / 1e6 - LAG_RESOLUTION_MS);
    const now = this.#sources.nowMs();
    if (now - this.#lagSinceMs > LAG_WINDOW_MS) {
      this.#loopDelay.reset();
      this.#lagSinceMs = now;
    }
    return lagMs;
  }
}
