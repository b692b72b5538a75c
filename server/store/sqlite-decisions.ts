import type { Statement } from 'better-sqlite3';
import { z } from 'zod';
import type { Mode, Outcome } from '../../protocol/status.ts';
import { REASONS, type Assurance } from '../decision/reasons.ts';
import { CUES } from '../evidence/evidence.ts';
import type { AttemptedSubject } from '../identity/lock-out.ts';
import { StoreError } from './errors.ts';
import type { SqliteDatabase } from './sqlite-database.ts';
import type { SqliteKeys } from './sqlite-keys.ts';
import type { DecisionLog, DecisionPlace, NewDecision, RecordedDecision } from './ports.ts';
import { assertStorableText, subjectHash } from './reference-record.ts';

const REASONS_FORM = z.array(z.enum(REASONS));
const ASSURANCE_FORM: z.ZodType<Assurance> = z.object({
  tier: z.enum(['base', 'full']),
  measured: z.array(z.enum(CUES)),
  unmeasured: z.array(z.enum(CUES)),
  challengesPassed: z.int(),
});

interface Row {
  readonly tenant: string;
  readonly sessionId: string;
  readonly subjectHash: Buffer | null;
  readonly mode: Mode;
  readonly outcome: Outcome;
  /** 0 or 1. */
  readonly observed: number;
  readonly policy: string;
  /** JSON. */
  readonly reasons: string;
  /** JSON. */
  readonly assurance: string;
  readonly startedAtMs: number;
  readonly decidedAtMs: number;
}

/** Decisions in SQLite, behind the port of the same name. */
export class SqliteDecisions implements DecisionLog {
  readonly #database: SqliteDatabase;
  readonly #keys: SqliteKeys;
  readonly #insert: Statement<[Row]>;
  readonly #isStored: Statement<[string, string, Buffer | null], 1>;
  readonly #find: Statement<[string, string], Row>;
  readonly #latestOf: Statement<
    [string, Buffer, number, number, number],
    Pick<Row, 'outcome' | 'decidedAtMs'>
  >;
  readonly #list: Statement<[string, number, string, number], Row>;

  constructor(database: SqliteDatabase, keys: SqliteKeys) {
    this.#database = database;
    this.#keys = keys;
    this.#insert = database.raw.prepare(`
      INSERT INTO decision (tenant, session_id, subject_hash, mode, outcome, observed, policy, reasons, assurance,
        started_at_ms, decided_at_ms)
      VALUES (@tenant, @sessionId, @subjectHash, @mode, @outcome, @observed, @policy, @reasons, @assurance,
        @startedAtMs, @decidedAtMs)
    `);
    this.#isStored = database.raw.prepare(
      'SELECT 1 FROM reference WHERE reference_id = ? AND tenant = ? AND subject_hash = ?',
    );
    const select = `
      SELECT tenant, session_id AS sessionId, subject_hash AS subjectHash, mode, outcome, observed, policy, reasons,
        assurance, started_at_ms AS startedAtMs, decided_at_ms AS decidedAtMs
      FROM decision`;
    this.#find = database.raw.prepare(`${select} WHERE tenant = ? AND session_id = ?`);
    this.#latestOf = database.raw.prepare(`
      SELECT outcome, decided_at_ms AS decidedAtMs FROM decision
      WHERE tenant = ? AND subject_hash = ? AND mode = 'verify' AND observed = ? AND decided_at_ms > ?
      ORDER BY decided_at_ms DESC LIMIT ?
    `);
    this.#list = database.raw.prepare(`
      ${select} WHERE tenant = ? AND (decided_at_ms, session_id) < (?, ?)
      ORDER BY decided_at_ms DESC, session_id DESC LIMIT ?
    `);
  }

  async record(decision: NewDecision): Promise<boolean> {
    const { tenant, sessionId, subject, mode, outcome, policy, startedAtMs, decidedAtMs } = decision;
    assertStorableText(decision.tenant, 'tenant');
    assertStorableText(decision.sessionId, 'session id');
    if (subject !== null) assertStorableText(subject, 'subject');
    return await this.#database.write(() => {
      const recorded = this.#find.get(tenant, sessionId);
      if (recorded !== undefined) return recorded.outcome === outcome;
      const hash =
        subject === null ? null : subjectHash(this.#keys.findOrCreate(tenant, 'lookup'), tenant, subject);
      if (outcome === 'accept' && this.#isStored.get(decision.restsOn, tenant, hash) === undefined)
        return false;
      this.#insert.run({
        tenant,
        sessionId,
        subjectHash: hash,
        mode,
        outcome,
        observed: decision.observed ? 1 : 0,
        policy,
        reasons: JSON.stringify(decision.reasons),
        assurance: JSON.stringify(decision.assurance),
        startedAtMs,
        decidedAtMs,
      });
      return true;
    });
  }

  async find(tenant: string, sessionId: string): Promise<RecordedDecision | null> {
    const row = await this.#database.attempt(() => this.#find.get(tenant, sessionId));
    return row === undefined ? null : decisionOf(row);
  }

  async failedVerifications(
    { tenant, subject, observed }: AttemptedSubject,
    sinceMs: number,
    limit: number,
  ): Promise<readonly number[]> {
    const rows = await this.#database.attempt(() => {
      const key = this.#keys.find(tenant, 'lookup');
      return key === null
        ? []
        : this.#latestOf.all(tenant, subjectHash(key, tenant, subject), observed ? 1 : 0, sinceMs, limit);
    });
    const accepted = rows.findIndex(({ outcome }) => outcome === 'accept');
    return rows.slice(0, accepted === -1 ? rows.length : accepted).map(({ decidedAtMs }) => decidedAtMs);
  }

  async list(
    tenant: string,
    before: DecisionPlace | null,
    limit: number,
  ): Promise<readonly RecordedDecision[]> {
    const { decidedAtMs, sessionId } = before ?? { decidedAtMs: Number.MAX_SAFE_INTEGER, sessionId: '' };
    const rows = await this.#database.attempt(() => this.#list.all(tenant, decidedAtMs, sessionId, limit));
    return rows.map(decisionOf);
  }
}

function decisionOf(row: Row): RecordedDecision {
  return {
    ...row,
    observed: row.observed === 1,
    subjectHash: row.subjectHash?.toString('hex') ?? null,
    reasons: read(REASONS_FORM, row.reasons),
    assurance: read(ASSURANCE_FORM, row.assurance),
  };
}

function read<T>(form: z.ZodType<T>, json: string): T {
  try {
    return form.parse(JSON.parse(json));
  } catch (cause) {
    throw new StoreError('store.corrupt', 'A decision has an unknown form.', { cause });
  }
}
