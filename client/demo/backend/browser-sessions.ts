import { createHash, randomBytes } from 'node:crypto';
import type { Database } from './database.ts';
import type { Visitor } from './visitor.ts';

/** One browser with the session cookie: a visitor, or a user when `userId` is set. */
export interface BrowserSession extends Visitor {
  /** Hash of the cookie's value. The value itself is not stored. */
  readonly id: string;
  readonly userId: string | null;
  /** Time at which the user last confirmed their identity. Null for a visitor. */
  readonly confirmedAtMs: number | null;
  readonly lastSeenAtMs: number;
}

interface Row {
  readonly id: string;
  readonly user_id: string | null;
  readonly device: string;
  readonly place: string;
  readonly confirmed_at_ms: number | null;
  readonly last_seen_at_ms: number;
}

export const USER_SESSION_MS = 30 * 24 * 60 * 60_000;
export const VISITOR_SESSION_MS = 60 * 60_000;
const SEEN_EVERY_MS = 60_000;
const COLUMNS = 'id, user_id, device, place, confirmed_at_ms, last_seen_at_ms';

export class BrowserSessions {
  readonly #database: Database;
  readonly #nowMs: () => number;

  constructor(database: Database, nowMs: () => number) {
    this.#database = database;
    this.#nowMs = nowMs;
  }

  /** The session of a cookie, or null when there is none or it has expired. */
  find(cookie: string | null): BrowserSession | null {
    if (cookie === null) return null;
    const nowMs = this.#nowMs();
    const row = this.#database
      .prepare<[string, number], Row>(
        `SELECT ${COLUMNS} FROM browser_sessions WHERE id = ? AND expires_at_ms > ?`,
      )
      .get(idOf(cookie), nowMs);
    if (row === undefined) return null;
    if (nowMs - row.last_seen_at_ms > SEEN_EVERY_MS)
      this.#database
        .prepare('UPDATE browser_sessions SET last_seen_at_ms = ? WHERE id = ?')
        .run(nowMs, row.id);
    return sessionOf(row);
  }

  /** Starts a session for a new visitor. Returns the cookie's value. */
  welcome(visitor: Visitor): string {
    this.#database.prepare('DELETE FROM browser_sessions WHERE expires_at_ms <= ?').run(this.#nowMs());
    return this.#start(visitor, null);
  }

  /**
   * Starts a user's session with a new cookie and removes the old session of the browser. A cookie that was known
   * before the sign-in is thus invalid afterwards (session fixation). Returns the new cookie's value.
   */
  signIn(visitor: Visitor, userId: string, replaced: BrowserSession | null): string {
    return this.#database.transaction(() => {
      if (replaced !== null) this.end(replaced.id);
      return this.#start(visitor, userId);
    })();
  }

  end(id: string): void {
    this.#database.prepare('DELETE FROM browser_sessions WHERE id = ?').run(id);
  }

  /** Ends one session of a user. Does nothing when the session is not theirs. */
  endOf(userId: string, id: string): void {
    this.#database.prepare('DELETE FROM browser_sessions WHERE id = ? AND user_id = ?').run(id, userId);
  }

  /** Latest seen first. */
  ofUser(userId: string): readonly BrowserSession[] {
    return this.#database
      .prepare<[string, number], Row>(
        `SELECT ${COLUMNS} FROM browser_sessions WHERE user_id = ? AND expires_at_ms > ?
         ORDER BY last_seen_at_ms DESC, rowid DESC`,
      )
      .all(userId, this.#nowMs())
      .map(sessionOf);
  }

  #start({ device, place }: Visitor, userId: string | null): string {
    const cookie = randomBytes(32).toString('base64url');
    const nowMs = this.#nowMs();
    this.#database
      .prepare(
        `INSERT INTO browser_sessions (id, user_id, device, place, confirmed_at_ms, last_seen_at_ms, expires_at_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        idOf(cookie),
        userId,
        device,
        place,
        userId === null ? null : nowMs,
        nowMs,
        nowMs + (userId === null ? VISITOR_SESSION_MS : USER_SESSION_MS),
      );
    return cookie;
  }
}

/**
 * A plain hash is enough, because the value has 256 random bits. Whoever reads the database cannot sign in with the
 * hash.
 */
function idOf(cookie: string): string {
  return createHash('sha256').update(cookie).digest('hex');
}

function sessionOf(row: Row): BrowserSession {
  const { id, device, place } = row;
  return {
    id,
    userId: row.user_id,
    device,
    place,
    confirmedAtMs: row.confirmed_at_ms,
    lastSeenAtMs: row.last_seen_at_ms,
  };
}
