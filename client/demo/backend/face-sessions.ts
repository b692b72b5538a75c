import type { Database } from './database.ts';
import type { Visitor } from './visitor.ts';

/** A session at the face service that one browser may bring the decision of, once. */
export interface FaceSession extends Visitor {
  /** The service's session id, which its token carries as `jti`. */
  readonly id: string;
  readonly browserSessionId: string;
  /** Null for a sign-in to an account that does not exist: its decision opens nothing. */
  readonly userId: string | null;
  readonly purpose: 'enrol' | 'sign-in';
  readonly subject: string;
  readonly nonce: string;
  readonly createdAtMs: number;
}

export type NewFaceSession = Omit<FaceSession, keyof Visitor | 'createdAtMs'>;

/** After this a ticket, a session and its token have all run out. */
const KEPT_MS = 15 * 60_000;
const SELECT = `
  SELECT face_sessions.id, browser_session_id AS browserSessionId, face_sessions.user_id AS userId, purpose,
         subject, nonce, created_at_ms AS createdAtMs, device, place
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
        `INSERT INTO face_sessions (id, browser_session_id, user_id, purpose, subject, nonce, created_at_ms)
         VALUES (@id, @browserSessionId, @userId, @purpose, @subject, @nonce, @createdAtMs)`,
      )
      .run({ ...session, createdAtMs: nowMs });
  }

  /** An open session of this browser. Null when there is none. */
  find(id: string, browserSessionId: string): FaceSession | null {
    return (
      this.#database
        .prepare<[string, string, number], FaceSession>(
          `${SELECT} WHERE face_sessions.id = ? AND browser_session_id = ? AND created_at_ms >= ?`,
        )
        .get(id, browserSessionId, this.#nowMs() - KEPT_MS) ?? null
    );
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
      .prepare<[string], FaceSession>(`${SELECT} WHERE face_sessions.user_id = ? AND purpose = 'sign-in'`)
      .all(userId);
  }
}
