import { type ApiKeys, developmentApiKeys, readApiKeys } from './api-keys.ts';
import { readRelyingParties, type RelyingParty } from './relying-parties.ts';
import { createTokenIssuer, type TokenIssuer } from './tokens.ts';

export interface IdentitySettings {
  readonly part: 'identity';
  readonly dataDir: string;
  /** JSON file of API keys; empty: one development key is made in the data folder. */
  readonly apiKeysFile: string;
  /** Issuer named in tokens. */
  readonly issuer: string;
  /** WebAuthn relying parties of tenants (`readRelyingParties`). */
  readonly webAuthn: string;
}

/** Who may call the API, and with what decisions are signed. */
export interface Identity {
  readonly keys: ApiKeys;
  /** File of the generated development key; null when keys are configured. */
  readonly developmentKeyFile: string | null;
  readonly issuer: TokenIssuer;
  /** For whom a tenant's WebAuthn keys are made; null: none are asked for. */
  readonly relyingPartyOf: (tenant: string) => RelyingParty | null;
}

/** Reads the keys; makes those of the data folder at the first start. Rejects as the functions that it calls do. */
export async function openIdentity(settings: IdentitySettings): Promise<Identity> {
  const { dataDir, apiKeysFile, issuer, webAuthn } = settings;
  const apiKeys = apiKeysFile === '' ? await developmentApiKeys(dataDir) : null;
  return {
    keys: apiKeys?.keys ?? (await readApiKeys(apiKeysFile)),
    developmentKeyFile: apiKeys?.path ?? null,
    relyingPartyOf: readRelyingParties(webAuthn),
    issuer: await createTokenIssuer(dataDir, issuer),
  };
}
