import { VeriframeError } from '../../protocol/errors.ts';
import type { Clock } from '../time/clock.ts';

interface HealthParts {
  readonly clock: Pick<Clock, 'nowMs' | 'wakeAt'>;
  readonly isDraining: () => boolean;
  /** Workers that can take frames now. */
  readonly workers: () => number;
  /** Rejects when the store does not answer, or could not take another record. */
  readonly probeStore: () => Promise<void>;
  /** Why a newcomer would be refused now, or null. */
  readonly refusal: () => VeriframeError | null;
}

/** For so long an answer of the store is good: anybody may ask for the readiness, as often as they like. */
const GOOD_MS = 1_000;
/** A store that takes longer would hold up sessions too. */
const TIMEOUT_MS = 3_000;

/** Looks whether sessions should be sent here: null, or why not. */
export function createHealth(parts: HealthParts): () => Promise<VeriframeError | null> {
  const { clock } = parts;
  let asked: { readonly atMs: number; readonly answer: Promise<string | null> } | null = null;

  function storeFault(): Promise<string | null> {
    const nowMs = clock.nowMs();
    if (asked === null || nowMs - asked.atMs >= GOOD_MS)
      asked = { atMs: nowMs, answer: within(clock, parts.probeStore()) };
    return asked.answer;
  }

  return async () => {
    if (parts.isDraining()) return new VeriframeError('server.draining');
    if (parts.workers() === 0)
      return new VeriframeError('server.not_ready', 'No worker that analyses frames is up.');
    const fault = await storeFault();
    return fault === null ? parts.refusal() : new VeriframeError('server.not_ready', fault);
  };
}

/** A sentence where the store fails or takes too long; null where it answers. Tells nothing of paths and files. */
async function within(clock: HealthParts['clock'], probe: Promise<void>): Promise<string | null> {
  let cancel = () => {};
  const late = new Promise<string>((resolve) => {
    cancel = clock.wakeAt(clock.nowMs() + TIMEOUT_MS, () => resolve('The store does not answer.'));
  });
  const answer = probe.then(
    () => null,
    (error: unknown) => (isFull(error) ? 'The store has no room left.' : 'The store fails.'),
  );
  return await Promise.race([answer, late]).finally(() => cancel());
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'store.full';
}
