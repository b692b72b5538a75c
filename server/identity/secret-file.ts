import { randomUUID } from 'node:crypto';
import { link, mkdir, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Why a secret file cannot be used. `message` names the file, never its content. */
export class SecretFileError extends Error {
  override readonly name = 'SecretFileError';
  readonly code: 'secret.permissions' | 'secret.not_a_file' | 'secret.empty';

  constructor(code: SecretFileError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Reads the secret at `path`, or makes it with `create` when there is none. The file appears whole or not at
 * all and only once: of several processes starting together one creates it, and all return the same bytes.
 *
 * A new file has mode 0600 and its folder is made with 0700. An existing file that group or others may touch is
 * refused with `SecretFileError` (Windows has no such modes and is not checked). Other failures reject with the
 * file system's own error. `created` tells whether this call made the file.
 */
export async function readOrCreateSecretFile(
  path: string,
  create: () => Buffer | Promise<Buffer>,
): Promise<{ bytes: Buffer; created: boolean }> {
  const existing = await readSecret(path);
  if (existing !== null) return { bytes: existing, created: false };

  const bytes = await create();
  if (bytes.byteLength === 0)
    throw new SecretFileError('secret.empty', `Refusing to write an empty ${path}.`);
  if (await publish(path, bytes)) return { bytes, created: true };

  const winner = await readSecret(path);
  if (winner === null) throw new SecretFileError('secret.not_a_file', `${path} vanished while it was read.`);
  return { bytes: winner, created: false };
}

async function readSecret(path: string): Promise<Buffer | null> {
  const file = await open(path, 'r').catch(unless('ENOENT', null));
  if (file === null) return null;
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new SecretFileError('secret.not_a_file', `${path} is not a regular file.`);
    if (process.platform !== 'win32' && (stat.mode & 0o077) !== 0) {
      const mode = (stat.mode & 0o777).toString(8);
      throw new SecretFileError(
        'secret.permissions',
        `${path} holds a secret but has mode 0${mode}; run: chmod 600 ${path}`,
      );
    }
    const bytes = await file.readFile();
    if (bytes.byteLength === 0) throw new SecretFileError('secret.empty', `${path} is empty.`);
    return bytes;
  } finally {
    await file.close();
  }
}

/** Writes beside the path, then links: link refuses an existing name, so no reader ever sees half a file. */
async function publish(path: string, bytes: Buffer): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomUUID()}.tmp`;
  const file = await open(draft, 'wx', 0o600);
  try {
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    return await link(draft, path).then(() => true, unless('EEXIST', false));
  } finally {
    await unlink(draft);
  }
}

function unless<T>(code: string, value: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof Error && 'code' in error && error.code === code) return value;
    throw error;
  };
}
