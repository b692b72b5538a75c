import type { Database } from './database.ts';
import type { Visitor } from './visitor.ts';

interface SignIn extends Visitor {
  readonly atMs: number;
  readonly method: 'face' | 'password';
  readonly result: 'accepted' | 'refused';
}

/**
 * Most entries for each user and result; older ones are removed. The separate count per result prevents that many
 * refused attempts remove an accepted one.
 */
const MOST_KEPT = 200;

/** The sign-in attempts on each account, for its owner to read. */
export class SignIns {
  readonly #database: Database;
  readonly #nowMs: () => number;

  constructor(database: Database, nowMs: () => number) {
    this.#database = database;
    this.#nowMs = nowMs;
  }

  /** @param atMs time of the attempt; default: now */
  add(
    userId: string,
    method: SignIn['method'],
    result: SignIn['result'],
    visitor: Visitor,
    atMs: number = this.#nowMs(),
  ): void {
    const { device, place } = visitor;
    this.#database.transaction(() => {
      this.#database
        .prepare(
          'INSERT INTO sign_ins (user_id, at_ms, method, result, device, place) VALUES (?, ?, ?, ?, ?, ?)',
        )
        .run(userId, atMs, method, result, device, place);
      this.#database
        .prepare(
          `DELETE FROM sign_ins WHERE user_id = @userId AND result = @result AND id NOT IN
           (SELECT id FROM sign_ins WHERE user_id = @userId AND result = @result
            ORDER BY at_ms DESC, id DESC LIMIT @most)`,
        )
        .run({ userId, result, most: MOST_KEPT });
    })();
  }

  /** Whether a sign-in to the account from this place was accepted before. */
  wasAcceptedFrom(userId: string, place: string): boolean {
    return (
      this.#database
        .prepare("SELECT 1 FROM sign_ins WHERE user_id = ? AND place = ? AND result = 'accepted' LIMIT 1")
        .get(userId, place) !== undefined
    );
  }

  /** Latest first. */
  ofUser(userId: string, most: number = 2 * MOST_KEPT): readonly SignIn[] {
    return this.#database
      .prepare<[string, number], SignIn>(
        `SELECT at_ms AS atMs, method, result, device, place FROM sign_ins
         WHERE user_id = ? ORDER BY at_ms DESC, id DESC LIMIT ?`,
      )
      .all(userId, most);
  }
}
