import { randomUUID } from 'node:crypto';
import type { Database } from './database.ts';
import { DemoError } from './errors.ts';

export interface User {
  readonly id: string;
  readonly username: string;
  readonly email: string;
  /** Null when the user can sign in only by face. */
  readonly passwordHash: string | null;
  /** The user's subject id at the face service: random, and used nowhere else. */
  readonly subject: string;
  /** Null before the first enrolment. */
  readonly faceSetUpAtMs: number | null;
  readonly createdAtMs: number;
}

type NewUser = Pick<User, 'username' | 'email' | 'passwordHash'>;

interface Row {
  readonly id: string;
  readonly username: string;
  readonly email: string;
  readonly password_hash: string | null;
  readonly subject: string;
  readonly face_set_up_at_ms: number | null;
  readonly created_at_ms: number;
}

/** How long an account without a face and a password reserves its username. Nobody can sign in to it again. */
const UNFINISHED_MS = 60 * 60_000;

/** The relying party's own users. */
export class Users {
  readonly #database: Database;
  readonly #nowMs: () => number;

  constructor(database: Database, nowMs: () => number) {
    this.#database = database;
    this.#nowMs = nowMs;
  }

  /**
   * Usernames are compared without case.
   * @throws DemoError `username.taken`
   */
  add({ username, email, passwordHash }: NewUser): User {
    this.#forgetUnfinished();
    const user: User = {
      id: randomUUID(),
      username,
      email,
      passwordHash,
      subject: randomUUID(),
      faceSetUpAtMs: null,
      createdAtMs: this.#nowMs(),
    };
    const { changes } = this.#database
      .prepare(
        `INSERT INTO users (id, username, email, password_hash, subject, created_at_ms)
         VALUES (@id, @username, @email, @passwordHash, @subject, @createdAtMs) ON CONFLICT DO NOTHING`,
      )
      .run(user);
    if (changes === 0) throw new DemoError('username.taken');
    return user;
  }

  byUsername(username: string): User | null {
    return this.#one('username = ?', username);
  }

  byId(id: string): User | null {
    return this.#one('id = ?', id);
  }

  faceWasSetUp(id: string): void {
    this.#database.prepare('UPDATE users SET face_set_up_at_ms = ? WHERE id = ?').run(this.#nowMs(), id);
  }

  /** Removes the user and all data of the account. Nothing of it remains in the files of the database. */
  erase(id: string): void {
    this.#database.prepare('DELETE FROM users WHERE id = ?').run(id);
    this.#database.pragma('wal_checkpoint(TRUNCATE)');
  }

  #one(where: 'id = ?' | 'username = ?', value: string): User | null {
    const row = this.#database
      .prepare<[string], Row>(
        `SELECT id, username, email, password_hash, subject, face_set_up_at_ms, created_at_ms
         FROM users WHERE ${where}`,
      )
      .get(value);
    if (row === undefined) return null;
    const { id, username, email, subject } = row;
    return {
      id,
      username,
      email,
      passwordHash: row.password_hash,
      subject,
      faceSetUpAtMs: row.face_set_up_at_ms,
      createdAtMs: row.created_at_ms,
    };
  }

  #forgetUnfinished(): void {
    this.#database
      .prepare(
        'DELETE FROM users WHERE face_set_up_at_ms IS NULL AND password_hash IS NULL AND created_at_ms < ?',
      )
      .run(this.#nowMs() - UNFINISHED_MS);
  }
}
