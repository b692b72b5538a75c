import { chmodSync, closeSync, openSync } from 'node:fs';
import Sqlite from 'better-sqlite3';

export type Database = Sqlite.Database;

/** Open sessions only: an older form of the table is dropped with its rows, which run out within minutes. */
const FACE_SESSIONS = `
CREATE TABLE face_sessions (
  id TEXT PRIMARY KEY,
  browser_session_id TEXT NOT NULL REFERENCES browser_sessions ON DELETE CASCADE,
  user_id TEXT REFERENCES users ON DELETE CASCADE,
  purpose TEXT NOT NULL CHECK (purpose IN ('enrol', 'sign-in', 'key')),
  subject TEXT NOT NULL,
  nonce TEXT NOT NULL,
  needs_key INTEGER NOT NULL CHECK (needs_key IN (0, 1)),
  created_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX face_sessions_of_user ON face_sessions (user_id);
`;

const SCHEMA = `
CREATE TABLE users (
  id TEXT PRIMARY KEY,
  username TEXT NOT NULL UNIQUE COLLATE NOCASE,
  email TEXT NOT NULL,
  password_hash TEXT,
  subject TEXT NOT NULL UNIQUE,
  face_set_up_at_ms INTEGER,
  created_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE browser_sessions (
  id TEXT PRIMARY KEY,
  user_id TEXT REFERENCES users ON DELETE CASCADE,
  device TEXT NOT NULL,
  place TEXT NOT NULL,
  confirmed_at_ms INTEGER,
  last_seen_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX browser_sessions_of_user ON browser_sessions (user_id);

${FACE_SESSIONS}

CREATE TABLE sign_ins (
  id INTEGER PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
  at_ms INTEGER NOT NULL,
  method TEXT NOT NULL CHECK (method IN ('face', 'password')),
  result TEXT NOT NULL CHECK (result IN ('accepted', 'refused')),
  device TEXT NOT NULL,
  place TEXT NOT NULL
) STRICT;
CREATE INDEX sign_ins_of_user ON sign_ins (user_id, at_ms DESC);
`;

const VERSION = 2;

/**
 * Opens the demo's own database and creates missing tables. Deleted data is overwritten. Only the owner may read the
 * files: SQLite would create them readable by others, and its log gets the mode of the database. `:memory:` is not a
 * file.
 */
export function openDatabase(path: string): Database {
  if (path !== ':memory:') {
    closeSync(openSync(path, 'a', 0o600));
    chmodSync(path, 0o600);
  }
  const database = new Sqlite(path);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('foreign_keys = ON');
  database.pragma('secure_delete = ON');
  database.transaction(() => {
    const version = database.pragma('user_version', { simple: true });
    if (version === VERSION) return;
    database.exec(version === 1 ? `DROP TABLE face_sessions; ${FACE_SESSIONS}` : SCHEMA);
    database.pragma(`user_version = ${VERSION}`);
  })();
  return database;
}
