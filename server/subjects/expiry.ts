import type { Logger } from '../observe/log.ts';
import type { SubjectStore } from '../store/subject-ports.ts';
import type { Clock } from '../time/clock.ts';
import type { Subjects } from './subjects.ts';

export interface SubjectSettings {
  readonly part: 'subjects';
  /** Days without an enrolment or an accept after which a subject is erased; 0: never. */
  readonly eraseUnusedAfterDays: number;
}

interface Parts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly store: { readonly subjects: Pick<SubjectStore, 'due' | 'find'> };
  readonly subjects: Pick<Subjects, 'erase'>;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/**
 * Most subjects that are erased in an hour. A clock that is set wrong does not erase everybody before it is noticed.
 */
const MOST_AN_HOUR = 200;

/**
 * Erases subjects that have expired or were not used for so long: at the start, and every hour. Nobody is accepted as
 * an expired subject before that either.
 */
export function startExpiry(
  { eraseUnusedAfterDays }: SubjectSettings,
  { clock, log, store, subjects }: Parts,
): { close(): Promise<void> } {
  let closed = false;
  const isDue = async (tenant: string, subject: string): Promise<boolean> => {
    const record = await store.subjects.find(tenant, subject);
    if (record === null) return false;
    const { expiresAtMs, lastEnrolledAtMs, lastAcceptedAtMs } = record;
    const usedAtMs = Math.max(lastEnrolledAtMs, lastAcceptedAtMs ?? 0);
    const since = sinceMs();
    return (expiresAtMs !== null && expiresAtMs <= clock.wallMs()) || (since !== null && usedAtMs < since);
  };
  const sinceMs = () => (eraseUnusedAfterDays === 0 ? null : clock.wallMs() - eraseUnusedAfterDays * DAY_MS);
  const sweep = async (): Promise<void> => {
    let erased = 0;
    try {
      for (const { tenant, subject } of await store.subjects.due(clock.wallMs(), sinceMs(), MOST_AN_HOUR)) {
        // It may have been used, or its time put off, since it was found.
        if (closed || !(await isDue(tenant, subject))) continue;
        await subjects.erase(tenant, subject);
        erased++;
      }
    } catch (error) {
      log.error({ error: String(error) }, 'subjects that are due are not erased yet');
    }
    if (erased > 0) log.info({ erased }, 'subjects erased that had expired or were not used');
  };
  let cancel = () => {};
  let running = Promise.resolve();
  const again = (): void => {
    running = sweep().then(() => {
      if (!closed) cancel = clock.wakeAt(clock.nowMs() + HOUR_MS, again);
    });
  };
  again();
  return {
    close() {
      closed = true;
      cancel();
      return running;
    },
  };
}
