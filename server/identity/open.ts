import { type ApiKeys, developmentApiKeys, readApiKeys } from './api-keys.ts';
import { createTokenIssuer, type TokenIssuer } from './tokens.ts';

export interface IdentitySettings {
  readonly part: 'identity';
  readonly dataDir: string;
  /** JSON file of API keys; empty: one development key is made in the data folder. */
  readonly apiKeysFile: string;
  /** Issuer named in tokens. */
  readonly issuer: string;
}

/** Who may call the API, and with what decisions are signed. */
export interface Identity {
  readonly keys: ApiKeys;
  /** File of the generated development key; null when keys are configured. */
  readonly developmentKeyFile: string | null;
  readonly issuer: TokenIssuer;
}

/** Reads the keys; makes those of the data folder at the first start. Rejects as the functions that it calls do. */
export async function openIdentity({ dataDir, apiKeysFile, issuer }: IdentitySettings): Promise<Identity> {
  const apiKeys = apiKeysFile === '' ? await developmentApiKeys(dataDir) : null;
  return {
    keys: apiKeys?.keys ?? (await readApiKeys(apiKeysFile)),
    developmentKeyFile: apiKeys?.path ?? null,
    issuer: await createTokenIssuer(dataDir, issuer),
  };
}
