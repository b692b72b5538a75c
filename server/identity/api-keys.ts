import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readOrCreateSecretFile } from './secret-file.ts';

/** The sender of an API request. */
export interface Caller {
  readonly tenant: string;
  readonly keyId: string;
  /** Whether the key's owner may vouch for people in person, and so enrol them without liveness. */
  readonly mayAttend: boolean;
  /** Whether the key's owner may follow sessions live with their evidence, and read the record of attempts. */
  readonly mayObserve: boolean;
  /**
   * Whether the key's owner may vouch for devices: add WebAuthn keys for a subject that has one, enrol kiosks' keys,
   * and attest applications.
   */
  readonly mayVouch: boolean;
  /** Whether the key's owner may see who is enrolled, label, suspend, unlock and export subjects. */
  readonly mayManage: boolean;
  /** Whether the key's owner may enrol people from photographs, and so vouches for them. */
  readonly mayImport: boolean;
}

/** The keys that the API accepts. */
export interface ApiKeys {
  /**
   * @param authorization value of the header, `Bearer vf_<id>_<secret>`
   * @returns null when the header has another form, or the key is unknown or its secret wrong
   */
  authenticate(authorization: string | undefined): Caller | null;
}

export const TENANT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const KEY = /^vf_([a-z0-9]{4,32})_([A-Za-z0-9_-]{32,128})$/;
const BEARER = /^Bearer +(\S+)$/i;
const SECRET_BYTES = 32;
const ID_BYTES = 5;

const record = z.object({
  id: z.string().regex(/^[a-z0-9]{4,32}$/),
  tenant: z.string().regex(TENANT),
  /** SHA-256 of the secret in hexadecimal. A fast hash is enough for 256 random bits; for a password it is not. */
  secretSha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Grants the `attended` policy, which enrols without liveness. */
  mayAttend: z.boolean().default(false),
  /**
   * Grants the live feed, observed sessions and the lists for operators. Their content would help an attacker to
   * improve an attack, so only those who are responsible for the service should have it.
   */
  mayObserve: z.boolean().default(false),
  /**
   * Grants what speaks for a client beside its pictures: further WebAuthn keys of a subject, keys of kiosks,
   * attestations of applications. Whoever has it can have a camera believed that is none.
   */
  mayVouch: z.boolean().default(false),
  /**
   * Grants the records of subjects, exports with templates among them: who is enrolled, and all that is held of them.
   */
  mayManage: z.boolean().default(false),
  /** Grants enrolment from photographs. Whoever has it can put any face behind any subject. */
  mayImport: z.boolean().default(false),
});

/** The rights that a key may have. */
const RIGHTS = ['mayAttend', 'mayObserve', 'mayVouch', 'mayManage', 'mayImport'] as const;
type Rights = Pick<z.infer<typeof record>, (typeof RIGHTS)[number]>;

function rightsOf(given: Partial<Rights>): Rights {
  const {
    mayAttend = false,
    mayObserve = false,
    mayVouch = false,
    mayManage = false,
    mayImport = false,
  } = given;
  return { mayAttend, mayObserve, mayVouch, mayManage, mayImport };
}
const keyFile = z.object({ keys: z.array(record).min(1) });

/** A key as it is stored, without its secret. */
export type ApiKeyRecord = z.infer<typeof record>;

/** The keys cannot be read. `message` says where and why, and holds no secret. */
export class ApiKeysError extends Error {
  override readonly name = 'ApiKeysError';
}

/** Rights in addition to running sessions and erasing subjects, which every key has. */
export type KeyRights = Partial<Rights>;

/** Makes a key for a tenant: the key's text, to be handed over once, and the record to store. */
export function generateApiKey(
  tenant: string,
  rights: KeyRights = {},
): { key: string; record: ApiKeyRecord } {
  const id = randomBytes(ID_BYTES).toString('hex');
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  return {
    key: `vf_${id}_${secret}`,
    record: { id, tenant, secretSha256: sha256(secret).toString('hex'), ...rightsOf(rights) },
  };
}

/** @throws ApiKeysError when two records share an id */
export function createApiKeys(records: readonly ApiKeyRecord[]): ApiKeys {
  const byId = new Map(
    records.map(({ id, tenant, secretSha256, ...rights }) => [
      id,
      { tenant, rights: rightsOf(rights), hash: Buffer.from(secretSha256, 'hex') },
    ]),
  );
  if (byId.size < records.length) throw new ApiKeysError('Two API keys have the same id.');
  /** Compared with when the id is unknown, so that the time of the answer does not depend on it. */
  const hashOfUnknown = randomBytes(SECRET_BYTES);
  return {
    authenticate(authorization) {
      const [, key = ''] = BEARER.exec(authorization ?? '') ?? [];
      const [, keyId, secret] = KEY.exec(key) ?? [];
      if (keyId === undefined || secret === undefined) return null;
      const entry = byId.get(keyId);
      const isRight = timingSafeEqual(sha256(secret), entry?.hash ?? hashOfUnknown);
      if (!isRight || entry === undefined) return null;
      return { tenant: entry.tenant, keyId, ...entry.rights };
    },
  };
}

/**
 * Reads keys from a JSON file `{"keys": [{"id", "tenant", "secretSha256", "mayAttend"?, …}]}`, with any of the rights.
 * @throws ApiKeysError when the file cannot be read or does not have this form
 */
export async function readApiKeys(path: string): Promise<ApiKeys> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new ApiKeysError(`The API keys in ${path} cannot be read.`, { cause });
  }
  const parsed = keyFile.safeParse(content);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ApiKeysError(`The API keys in ${path} are not valid at ${issue?.path.join('.') || 'the top'}.`);
  }
  return createApiKeys(parsed.data.keys);
}

/** File in the data folder that holds the text of the development key. */
const DEVELOPMENT_KEY_FILE = 'development-api-key';
const DEVELOPMENT_TENANT = 'default';

/**
 * One key for development and the demo, created at the first start and stored with mode 0600 in the data folder.
 * @throws SecretFileError when other users may read or write the file, ApiKeysError when it holds no key
 */
export async function developmentApiKeys(
  dataDir: string,
): Promise<{ keys: ApiKeys; path: string; created: boolean }> {
  const path = join(dataDir, DEVELOPMENT_KEY_FILE);
  const { bytes, created } = await readOrCreateSecretFile(path, () =>
    Buffer.from(`${generateApiKey(DEVELOPMENT_TENANT).key}\n`),
  );
  const [, id, secret] = KEY.exec(bytes.toString('utf8').trim()) ?? [];
  if (id === undefined || secret === undefined) throw new ApiKeysError(`${path} does not hold an API key.`);
  const keys = createApiKeys([
    {
      id,
      tenant: DEVELOPMENT_TENANT,
      secretSha256: sha256(secret).toString('hex'),
      mayAttend: true,
      mayObserve: true,
      mayVouch: true,
      mayManage: true,
      mayImport: true,
    },
  ]);
  return { keys, path, created };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
