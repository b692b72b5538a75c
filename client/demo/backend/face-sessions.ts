import type { Database } from './database.ts';
import type { Visitor } from './visitor.ts';

/** A session at the face service that one browser may bring the decision of, once. */
export interface FaceSession extends Visitor {
  /** The service's session id, which its token carries as `jti`. */
  readonly id: string;
  readonly browserSessionId: string;
  /** Null for a sign-in to an account that does not exist: its decision opens nothing. */
  readonly userId: string | null;
  /** `key`: it adds a key of this device. */
  readonly purpose: 'enrol' | 'sign-in' | 'key';
  readonly subject: string;
  readonly nonce: string;
  /** Its token must say that a key of the user has signed. */
  readonly needsKey: boolean;
  readonly createdAtMs: number;
}

interface Row extends Omit<FaceSession, 'needsKey'> {
  /** 0 or 1. */
  readonly needsKey: number;
}

export type NewFaceSession = Omit<FaceSession, keyof Visitor | 'createdAtMs'>;

/** After this a ticket, a session and its token have all run out. */
const KEPT_MS = 15 * 60_000;
const SELECT = `
  SELECT face_sessions.id, browser_session_id AS browserSessionId, face_sessions.user_id AS userId, purpose,
         subject, nonce, needs_key AS needsKey, created_at_ms AS createdAtMs, device, place
  FROM face_sessions JOIN browser_sessions ON browser_sessions.id = browser_session_id`;

/** Which face sessions are open, and for whom: what keeps a token from being used twice or by somebody else. */
export class FaceSessions {
  readonly #database: Database;
  readonly #nowMs: () => number;

  constructor(database: Database, nowMs: () => number) {
    this.#database = database;
    this.#nowMs = nowMs;
  }

  add(session: NewFaceSession): void {
    const nowMs = this.#nowMs();
    this.#database.prepare('DELETE FROM face_sessions WHERE created_at_ms < ?').run(nowMs - KEPT_MS);
    this.#database
      .prepare(
        `INSERT INTO face_sessions (id, browser_session_id, user_id, purpose, subject, nonce, needs_key, created_at_ms)
         VALUES (@id, @browserSessionId, @userId, @purpose, @subject, @nonce, @needsKey, @createdAtMs)`,
      )
      .run({ ...session, needsKey: session.needsKey ? 1 : 0, createdAtMs: nowMs });
  }

  /** An open session of this browser. Null when there is none. */
  find(id: string, browserSessionId: string): FaceSession | null {
    const row = this.#database
      .prepare<[string, string, number], Row>(
        `${SELECT} WHERE face_sessions.id = ? AND browser_session_id = ? AND created_at_ms >= ?`,
      )
      .get(id, browserSessionId, this.#nowMs() - KEPT_MS);
    return row === undefined ? null : sessionOf(row);
  }

  /** Takes an open session of this browser: the same one can never be taken again. Null when there is none. */
  take(id: string, browserSessionId: string): FaceSession | null {
    return this.#database.transaction(() => {
      const found = this.find(id, browserSessionId);
      if (found === null) return null;
      this.#database.prepare('DELETE FROM face_sessions WHERE id = ?').run(id);
      return found;
    })();
  }

  /** Open sign-ins to a user's account, from whichever browser. */
  signInsTo(userId: string): readonly FaceSession[] {
    return this.#database
      .prepare<[string], Row>(`${SELECT} WHERE face_sessions.user_id = ? AND purpose = 'sign-in'`)
      .all(userId)
      .map(sessionOf);
  }
}

function sessionOf(row: Row): FaceSession {
  return { ...row, needsKey: row.needsKey === 1 };
}
