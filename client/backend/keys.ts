import {
  type CompactVerifyGetKey,
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  type JSONWebKeySet,
} from 'jose';
import { answerOf, apiErrorOf, baseOf, exchange } from './http.ts';
import { keySet } from './schemas.ts';

/** Public keys to check tokens with. Made by `remoteKeys` or `fixedKeys`; keep it, since it holds the cache. */
export type DecisionKeys = CompactVerifyGetKey;

/** A JSON Web Key Set (RFC 7517, section 5). */
export interface KeySet {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

export interface RemoteKeysOptions {
  /** Longest wait for the keys, in ms. Default 10 000. */
  readonly timeoutMs?: number;
  /** After how many ms the keys are fetched again, so that a withdrawn one is forgotten. Default 600 000. */
  readonly cacheMs?: number;
  /**
   * Shortest time between two fetches that a token with an unknown key asks for, in ms, so that nobody can make this
   * program ask the service for each forged token. Default 30 000.
   */
  readonly cooldownMs?: number;
  /** In place of the global `fetch`. */
  readonly fetch?: typeof fetch;
}

/**
 * The keys that a service publishes at `/.well-known/jwks.json`. They are fetched when the first token comes, kept for
 * `cacheMs`, and fetched again when a token names a key that is not among them: so a rotation needs no restart.
 * Checking a token rejects with an `ApiError` when they cannot be had.
 *
 * @param address of the key set, http or https
 * @throws TypeError when it is no such address
 *
 * @example
 * const keys = remoteKeys('https://faces.example/.well-known/jwks.json');
 */
export function remoteKeys(
  address: string | URL,
  {
    timeoutMs = 10_000,
    cacheMs = 600_000,
    cooldownMs = 30_000,
    fetch: fetchFrom = globalThis.fetch,
  }: RemoteKeysOptions = {},
): DecisionKeys {
  baseOf(address);
  return createRemoteJWKSet(new URL(address), {
    timeoutDuration: timeoutMs,
    cacheMaxAge: cacheMs,
    cooldownDuration: cooldownMs,
    [customFetch]: async (url) => {
      const answer = await exchange(fetchFrom, new URL(url), { method: 'GET', timeoutMs, mayRepeat: true });
      if (answer.status !== 200) throw apiErrorOf(answer.status, answer.body, answer.headers);
      return Response.json(answerOf(answer, keySet));
    },
  });
}

/**
 * Keys that are given, for a program that must not reach the service. It has to be given new ones when the service
 * changes its key.
 *
 * @throws TypeError when it is no key set
 *
 * @example
 * const keys = fixedKeys(JSON.parse(await readFile('jwks.json', 'utf8')));
 */
export function fixedKeys(keys: KeySet): DecisionKeys {
  const read = keySet.safeParse(keys);
  if (!read.success) throw new TypeError('keys must be a JSON Web Key Set: an object with a list `keys`.');
  try {
    // A key without `kty`, which the schema lets pass, is refused by the library.
    return createLocalJWKSet(read.data as JSONWebKeySet);
  } catch (cause) {
    throw new TypeError('keys must be a JSON Web Key Set.', { cause });
  }
}
