import { randomUUID } from 'node:crypto';
import { link, mkdir, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A secret file cannot be used. `message` names the file and never its content. */
export class SecretFileError extends Error {
  override readonly name = 'SecretFileError';
  readonly code: 'secret.permissions' | 'secret.not_a_file' | 'secret.empty';

  constructor(code: SecretFileError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Reads the secret at `path`, or creates it with `create` when there is none. The file appears complete or not at all,
 * and only once: of several processes that start together, one creates it, and all return the same bytes.
 *
 * A new file has mode 0600, a new folder mode 0700. An existing file that group or others may read or write is refused
 * with `SecretFileError`; Windows has no such modes, so there it is not checked. Other failures reject with the error
 * of the file system. `created` says whether this call created the file.
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
  if (await publishOnce(path, bytes)) return { bytes, created: true };

  const winner = await readSecret(path);
  if (winner === null)
    throw new SecretFileError('secret.not_a_file', `${path} was removed while it was read.`);
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

/**
 * Writes a draft beside the path and links it there, so that no reader sees half a file. Returns false when the path
 * exists: `link` does not overwrite.
 */
async function publishOnce(path: string, bytes: Buffer): Promise<boolean> {
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

/** A handler that turns the error of this code into `value` and rethrows every other error. */
function unless<T>(code: string, value: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof Error && 'code' in error && error.code === code) return value;
    throw error;
  };
}
