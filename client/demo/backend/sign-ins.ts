import type { Database } from './database.ts';
import type { Visitor } from './visitor.ts';

export interface SignIn extends Visitor {
  readonly atMs: number;
  readonly method: 'face' | 'password';
  readonly result: 'accepted' | 'refused';
}

/** Entries kept for each user; older ones are removed. */
const MOST_KEPT = 200;

/** What was tried on each account, for its owner to read. */
export class SignIns {
  readonly #database: Database;
  readonly #nowMs: () => number;

  constructor(database: Database, nowMs: () => number) {
    this.#database = database;
    this.#nowMs = nowMs;
  }

  /** @param atMs when it was tried, where that is not now */
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
          `DELETE FROM sign_ins WHERE user_id = @userId AND id NOT IN
           (SELECT id FROM sign_ins WHERE user_id = @userId ORDER BY at_ms DESC, id DESC LIMIT @most)`,
        )
        .run({ userId, most: MOST_KEPT });
    })();
  }

  /** The latest first. */
  ofUser(userId: string, most: number = MOST_KEPT): readonly SignIn[] {
    return this.#database
      .prepare<[string, number], SignIn>(
        `SELECT at_ms AS atMs, method, result, device, place FROM sign_ins
         WHERE user_id = ? ORDER BY at_ms DESC, id DESC LIMIT ?`,
      )
      .all(userId, most);
  }
}
