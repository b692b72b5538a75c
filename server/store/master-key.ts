import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readOrCreateSecretFile } from '../identity/secret-file.ts';
import { StoreError } from './errors.ts';

export const MASTER_KEY_BYTES = 32;

export interface MasterKeySource {
  /** The key itself, 32 bytes in base64. Empty or absent: it is read from a file. */
  readonly masterKey?: string;
  /** File that holds the key in base64. Empty or absent: `master.key` in the data folder. */
  readonly masterKeyFile?: string;
  readonly dataDir: string;
}

/**
 * Loads the master key: 32 bytes that the caller gives to `Keyring`, which overwrites them. A key file that does not
 * exist is created with a random key and mode 0600; `created` says whether it was.
 *
 * Rejects with `StoreError` `store.invalid` when the configured key is not 32 bytes in base64, with `SecretFileError`
 * when other users may read or write the file.
 */
export async function loadMasterKey(source: MasterKeySource): Promise<{ key: Buffer; created: boolean }> {
  if (source.masterKey) {
    return { key: decodeMasterKey(source.masterKey, 'VERIFRAME_MASTER_KEY'), created: false };
  }
  const path = source.masterKeyFile || join(source.dataDir, 'master.key');
  const { bytes, created } = await readOrCreateSecretFile(path, newKeyFile);
  try {
    return { key: decodeMasterKey(bytes.toString('latin1'), path), created };
  } finally {
    bytes.fill(0);
  }
}

function newKeyFile(): Buffer {
  const key = randomBytes(MASTER_KEY_BYTES);
  try {
    return Buffer.from(`${key.toString('base64')}\n`, 'latin1');
  } finally {
    key.fill(0);
  }
}

/** The form of a master key, in words. */
export const MASTER_KEY_FORM = `${MASTER_KEY_BYTES} bytes in base64, as \`openssl rand -base64 32\` prints them`;

/** Whether a text is a master key. */
export function isMasterKey(text: string): boolean {
  try {
    decodeMasterKey(text, '').fill(0);
    return true;
  } catch {
    return false;
  }
}

/** Strict, because Node's decoder skips characters that are not base64 and would accept a damaged key. */
function decodeMasterKey(text: string, where: string): Buffer {
  const trimmed = text.trim();
  const key = Buffer.from(trimmed, 'base64');
  const canonical = key.toString('base64');
  if (key.byteLength !== MASTER_KEY_BYTES || trimmed.replace(/=+$/, '') !== canonical.replace(/=+$/, '')) {
    key.fill(0);
    throw new StoreError('store.invalid', `${where} must be ${MASTER_KEY_FORM}.`);
  }
  return key;
}
