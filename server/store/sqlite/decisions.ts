import type { Statement } from 'better-sqlite3';
import { z } from 'zod';
import type { Mode, Outcome } from '../../../protocol/status.ts';
import {
  type AttemptedSubject,
  EXCUSED_PER_FAILURE,
  isExcused,
  lockedUntilMs,
  type LockOutPolicy,
} from '../../identity/lock-out.ts';
import { presentNames } from '../../decision/former-names.ts';
import { StoreError } from '../errors.ts';
import type { SqliteDatabase } from './database.ts';
import type { SqliteKeys } from './keys.ts';
import type { SqliteSubjectKeys } from './subject-keys.ts';
import type { SqliteSubjects } from './subjects.ts';
import type {
  DecisionLog,
  DecisionPlace,
  NewAttempt,
  NewDecision,
  NewFailure,
  RecordedAssurance,
  RecordedAttempt,
} from '../ports.ts';
import { assertStorableText, subjectHash } from '../reference-record.ts';

// Reasons, cues and codes are any text: a newer version may have written names that this one does not know.
const REASONS_FORM = z.array(z.string());
const CODE_FORM = z.string();
const ASSURANCE_FORM: z.ZodType<RecordedAssurance> = z.object({
  tier: z.enum(['base', 'full']),
  measured: z.array(z.string()),
  unmeasured: z.array(z.string()),
  challengesPassed: z.int(),
  trust: z
    .object({
      capture: z.string(),
      possession: z.object({ proof: z.string(), userVerified: z.boolean() }).nullable(),
      openTo: z.array(z.string()),
      by: z.string().nullable().default(null),
    })
    .exactOptional(),
});

interface BeginningRow {
  readonly tenant: string;
  readonly sessionId: string;
  readonly subjectHash: Buffer | null;
  readonly mode: Mode;
  /** 0 or 1. */
  readonly observed: number;
  readonly policy: string;
  readonly startedAtMs: number;
}

interface EndedRow extends BeginningRow {
  readonly endedAtMs: number;
  /** Null where there is a code. */
  readonly outcome: Outcome | null;
  /** JSON; null where there is a code. */
  readonly reasons: string | null;
  /** JSON; null where there is a code. */
  readonly assurance: string | null;
  readonly code: string | null;
}

/** `DecisionLog` on SQLite; the port says what each method promises. */
export class SqliteDecisions implements DecisionLog {
  readonly #database: SqliteDatabase;
  readonly #keys: SqliteKeys;
  readonly #subjectKeys: SqliteSubjectKeys;
  readonly #subjects: SqliteSubjects;
  readonly #ofSubject: Statement<[string, Buffer, number], EndedRow>;
  readonly #unlock: Statement<[string, Buffer, number]>;
  readonly #unlockedAt: Statement<[string, Buffer], number>;
  readonly #begin: Statement<[BeginningRow]>;
  readonly #end: Statement<[EndedRow & { readonly excused: number }]>;
  readonly #endOpen: Statement<[number]>;
  readonly #isStored: Statement<[string, string, Buffer | null], 1>;
  readonly #find: Statement<[string, string], EndedRow>;
  readonly #lastAccept: Statement<[string, Buffer, number, number], number>;
  readonly #counted: Statement<[string, Buffer, number, number, number, number, number], number>;
  readonly #list: Statement<[string, number, string, number], EndedRow>;

  constructor(
    database: SqliteDatabase,
    keys: SqliteKeys,
    { subjectKeys, subjects }: { readonly subjectKeys: SqliteSubjectKeys; readonly subjects: SqliteSubjects },
  ) {
    this.#database = database;
    this.#keys = keys;
    this.#subjectKeys = subjectKeys;
    this.#subjects = subjects;
    const { raw } = database;
    this.#begin = raw.prepare(`
      INSERT INTO attempt (tenant, session_id, subject_hash, mode, observed, policy, started_at_ms)
      VALUES (@tenant, @sessionId, @subjectHash, @mode, @observed, @policy, @startedAtMs)
      ON CONFLICT DO NOTHING
    `);
    // Only an identification learns its subject at its end. Of others the hash stays as it is, so that a hash which an
    // erasure removed does not come back.
    this.#end = raw.prepare(`
      INSERT INTO attempt (tenant, session_id, subject_hash, mode, observed, policy, started_at_ms, ended_at_ms,
        outcome, reasons, assurance, code, excused)
      VALUES (@tenant, @sessionId, @subjectHash, @mode, @observed, @policy, @startedAtMs, @endedAtMs,
        @outcome, @reasons, @assurance, @code, @excused)
      ON CONFLICT DO UPDATE SET
        subject_hash = iif(mode = 'identify', excluded.subject_hash, subject_hash),
        ended_at_ms = excluded.ended_at_ms, outcome = excluded.outcome, reasons = excluded.reasons,
        assurance = excluded.assurance, code = excluded.code, excused = excluded.excused
      WHERE ended_at_ms IS NULL
    `);
    this.#endOpen = raw.prepare(`
      UPDATE attempt SET ended_at_ms = max(started_at_ms, ?), code = 'server.internal', excused = 1
      WHERE ended_at_ms IS NULL
    `);
    this.#isStored = raw.prepare(
      'SELECT 1 FROM reference WHERE reference_id = ? AND tenant = ? AND subject_hash = ?',
    );
    const select = `
      SELECT tenant, session_id AS sessionId, subject_hash AS subjectHash, mode, observed, policy,
        started_at_ms AS startedAtMs, ended_at_ms AS endedAtMs, outcome, reasons, assurance, code
      FROM attempt`;
    this.#find = raw.prepare(`${select} WHERE tenant = ? AND session_id = ? AND ended_at_ms IS NOT NULL`);
    this.#ofSubject = raw.prepare(`
      ${select} WHERE tenant = ? AND subject_hash = ? AND ended_at_ms IS NOT NULL
      ORDER BY ended_at_ms DESC, session_id DESC LIMIT ?
    `);
    this.#unlock = raw.prepare(
      'INSERT OR REPLACE INTO unlocked (tenant, subject_hash, at_ms) VALUES (?, ?, ?)',
    );
    this.#unlockedAt = raw
      .prepare<[string, Buffer], number>('SELECT at_ms FROM unlocked WHERE tenant = ? AND subject_hash = ?')
      .pluck();
    this.#lastAccept = raw
      .prepare<[string, Buffer, number, number], number>(`
        SELECT ended_at_ms FROM attempt
        WHERE tenant = ? AND subject_hash = ? AND outcome = 'accept' AND mode = 'verify' AND observed = ?
          AND ended_at_ms > ?
        ORDER BY ended_at_ms DESC LIMIT 1
      `)
      .pluck();
    this.#counted = raw
      .prepare<[string, Buffer, number, number, number, number, number], number>(`
        SELECT started_at_ms FROM attempt
        WHERE tenant = ? AND subject_hash = ? AND mode = 'verify' AND observed = ? AND excused = ?
          AND started_at_ms > ? AND outcome IS NOT 'accept' AND (ended_at_ms IS NULL OR ended_at_ms >= ?)
        ORDER BY started_at_ms DESC LIMIT ?
      `)
      .pluck();
    this.#list = raw.prepare(`
      ${select} WHERE tenant = ? AND ended_at_ms IS NOT NULL AND (ended_at_ms, session_id) < (?, ?)
      ORDER BY ended_at_ms DESC, session_id DESC LIMIT ?
    `);
  }

  async begin(attempt: NewAttempt, lockOut: LockOutPolicy): Promise<number | null> {
    assertStorable(attempt);
    const { tenant, subject, observed, mode, startedAtMs } = attempt;
    return await this.#database.write(() => {
      if (mode === 'verify' && subject !== null) {
        const untilMs = this.#lockedUntil({ tenant, subject, observed }, startedAtMs, lockOut);
        if (untilMs !== null) return untilMs;
      }
      const { changes } = this.#begin.run(this.#beginningOf(attempt));
      if (changes === 0) throw new StoreError('store.invalid', 'The session has begun before.');
      return null;
    });
  }

  async record(ending: NewDecision | NewFailure): Promise<boolean> {
    assertStorable(ending);
    const how =
      ending.outcome === null
        ? { outcome: null, reasons: null, assurance: null, code: ending.code }
        : {
            outcome: ending.outcome,
            reasons: JSON.stringify(ending.reasons),
            assurance: JSON.stringify(ending.assurance),
            code: null,
          };
    // Stored, so that counting never depends on whether the names of a row are known.
    const excused = isExcused(ending) ? 1 : 0;
    const { decidedAtMs: endedAtMs } = ending;
    return await this.#database.write(() => {
      const beginning = this.#beginningOf(ending);
      const { tenant, sessionId } = ending;
      const recorded = this.#find.get(tenant, sessionId);
      if (recorded !== undefined) return recorded.outcome === ending.outcome;
      if (ending.outcome === 'accept' && !this.#mayBeAccepted(ending, beginning)) return false;
      this.#end.run({ ...beginning, endedAtMs, ...how, excused });
      if (ending.outcome === 'accept' && ending.registers !== undefined)
        this.#subjectKeys.insert(tenant, ending.subject, ending.registers);
      return true;
    });
  }

  async endInterrupted(atMs: number): Promise<number> {
    return await this.#database.write(() => this.#endOpen.run(atMs).changes);
  }

  async find(tenant: string, sessionId: string): Promise<RecordedAttempt | null> {
    const row = await this.#database.attempt(() => this.#find.get(tenant, sessionId));
    return row === undefined ? null : attemptOf(row);
  }

  async lockedUntil(
    attempted: AttemptedSubject,
    nowMs: number,
    lockOut: LockOutPolicy,
  ): Promise<number | null> {
    return await this.#database.attempt(() => this.#lockedUntil(attempted, nowMs, lockOut));
  }

  async list(
    tenant: string,
    before: DecisionPlace | null,
    limit: number,
  ): Promise<readonly RecordedAttempt[]> {
    const { decidedAtMs, sessionId } = before ?? { decidedAtMs: Number.MAX_SAFE_INTEGER, sessionId: '' };
    const rows = await this.#database.attempt(() => this.#list.all(tenant, decidedAtMs, sessionId, limit));
    return rows.map(attemptOf);
  }

  async ofSubject(tenant: string, subject: string, limit: number): Promise<readonly RecordedAttempt[]> {
    assertStorableText(subject, 'subject');
    const rows = await this.#database.attempt(() => {
      const key = this.#keys.find(tenant, 'lookup');
      return key === null ? [] : this.#ofSubject.all(tenant, subjectHash(key, tenant, subject), limit);
    });
    return rows.map(attemptOf);
  }

  async unlock(tenant: string, subject: string, atMs: number): Promise<void> {
    assertStorableText(subject, 'subject');
    await this.#database.write(() => {
      const key = this.#keys.findOrCreate(tenant, 'lookup');
      this.#unlock.run(tenant, subjectHash(key, tenant, subject), atMs);
    });
  }

  /** Whether the reference is stored that the accept rests on, and the subject is neither suspended nor expired. */
  #mayBeAccepted(
    { restsOn, tenant, decidedAtMs }: Extract<NewDecision, { outcome: 'accept' }>,
    { subjectHash: hash }: BeginningRow,
  ): boolean {
    return (
      hash !== null &&
      this.#isStored.get(restsOn, tenant, hash) !== undefined &&
      this.#subjects.mayBeAccepted(tenant, hash, decidedAtMs)
    );
  }

  #lockedUntil(
    { tenant, subject, observed }: AttemptedSubject,
    nowMs: number,
    lockOut: LockOutPolicy,
  ): number | null {
    const { maxFailures, windowMs } = lockOut;
    const key = maxFailures === 0 ? null : this.#keys.find(tenant, 'lookup');
    if (key === null) return null;
    const hash = subjectHash(key, tenant, subject);
    const isObserved = observed ? 1 : 0;
    const sinceMs = nowMs - windowMs;
    const lastAcceptAtMs = this.#lastAccept.get(tenant, hash, isObserved, sinceMs) ?? Number.MIN_SAFE_INTEGER;
    const unlockedAtMs = this.#unlockedAt.get(tenant, hash) ?? Number.MIN_SAFE_INTEGER;
    const from = [Math.max(sinceMs, unlockedAtMs), lastAcceptAtMs] as const;
    const startedAtMs = (excused: number, limit: number) =>
      this.#counted.all(tenant, hash, isObserved, excused, ...from, limit);
    const counted = {
      ownAtMs: startedAtMs(0, maxFailures),
      excusedAtMs: startedAtMs(1, EXCUSED_PER_FAILURE * maxFailures),
    };
    return lockedUntilMs(counted, nowMs, lockOut);
  }

  /** Call inside a write transaction: it may create the tenant's key. */
  #beginningOf({
    tenant,
    sessionId,
    subject,
    mode,
    observed,
    policy,
    startedAtMs,
  }: NewAttempt): BeginningRow {
    const hash =
      subject === null ? null : subjectHash(this.#keys.findOrCreate(tenant, 'lookup'), tenant, subject);
    return { tenant, sessionId, subjectHash: hash, mode, observed: observed ? 1 : 0, policy, startedAtMs };
  }
}

function assertStorable({
  tenant,
  sessionId,
  subject,
}: Pick<NewAttempt, 'tenant' | 'sessionId' | 'subject'>): void {
  assertStorableText(tenant, 'tenant');
  assertStorableText(sessionId, 'session id');
  if (subject !== null) assertStorableText(subject, 'subject');
}

function attemptOf(row: EndedRow): RecordedAttempt {
  const { tenant, sessionId, mode, policy, startedAtMs, endedAtMs: decidedAtMs, outcome } = row;
  const attempted = {
    tenant,
    sessionId,
    mode,
    observed: row.observed === 1,
    policy,
    startedAtMs,
    decidedAtMs,
    subjectHash: row.subjectHash?.toString('hex') ?? null,
  };
  return outcome === null
    ? { ...attempted, outcome, code: read(CODE_FORM, row.code) }
    : {
        ...attempted,
        outcome,
        reasons: presentNames(read(REASONS_FORM, parsed(row.reasons))),
        assurance: inPresentNames(read(ASSURANCE_FORM, parsed(row.assurance))),
      };
}

/** The cues of a record by their present names. */
function inPresentNames(recorded: RecordedAssurance): RecordedAssurance {
  const { measured, unmeasured } = recorded;
  return { ...recorded, measured: presentNames(measured), unmeasured: presentNames(unmeasured) };
}

function read<T>(form: z.ZodType<T>, value: unknown): T {
  const result = form.safeParse(value);
  if (result.success) return result.data;
  throw new StoreError('store.corrupt', 'An attempt has an unknown form.', { cause: result.error });
}

function parsed(json: string | null): unknown {
  try {
    return JSON.parse(json ?? '');
  } catch {
    return undefined;
  }
}
