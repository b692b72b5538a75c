import { TENANT } from './api-keys.ts';

/** For whom a tenant's WebAuthn keys are made (WebAuthn, section 5.1.3). */
export interface RelyingParty {
  /** A domain: keys of one are good on it and below it. */
  readonly rpId: string;
  /** Origins of the pages that may ask for a key. */
  readonly origins: readonly string[];
}

/** The setting is not valid. `message` says where and why. */
export class RelyingPartyError extends Error {
  override readonly name = 'RelyingPartyError';
}

/** Stands for every port, and only of this machine: for development, where a port is whatever is free. */
const ANY_PORT = 'http://localhost:*';
const DOMAIN = /^[a-z0-9-]+(\.[a-z0-9-]+)*$/;

/**
 * Reads the setting: `[TENANT:]DOMAIN=ORIGIN[,ORIGIN…]`, several separated by `;`. One without a tenant is for every
 * tenant that is not named. Empty or `off`: nobody's keys are asked for.
 * @throws RelyingPartyError
 */
export function readRelyingParties(setting: string): (tenant: string) => RelyingParty | null {
  const entries = setting
    .split(';')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '' && entry !== 'off')
    .map(readEntry);
  const byTenant = new Map(entries.map(({ tenant, party }) => [tenant, party]));
  if (byTenant.size < entries.length) throw new RelyingPartyError('VERIFRAME_WEBAUTHN names a tenant twice.');
  return (tenant) => byTenant.get(tenant) ?? byTenant.get(null) ?? null;
}

function readEntry(entry: string): { readonly tenant: string | null; readonly party: RelyingParty } {
  const [left, right] = splitAtFirst(entry, '=');
  const [tenant, domain] = left.includes(':') ? splitAtFirst(left, ':') : [null, left];
  const rpId = domain.toLowerCase();
  if (tenant !== null && !TENANT.test(tenant))
    throw new RelyingPartyError(`VERIFRAME_WEBAUTHN: ${tenant} is no tenant.`);
  if (!DOMAIN.test(rpId)) throw new RelyingPartyError(`VERIFRAME_WEBAUTHN: ${rpId} is no domain.`);
  const origins = right.split(',').map((origin) => asBrowsersSendIt(origin.trim()));
  for (const origin of origins) checkOrigin(origin, rpId);
  return { tenant, party: { rpId, origins } };
}

/** In lower case, without the port that its scheme has anyway, and without the slash at its end. */
function asBrowsersSendIt(origin: string): string {
  const url = URL.canParse(origin) && !origin.includes('*') ? new URL(origin) : null;
  return url !== null && ['', '/'].includes(url.pathname) && url.search === '' ? url.origin : origin;
}

/** An origin of another domain could not use the keys; one without TLS could be anybody's. */
function checkOrigin(origin: string, rpId: string): void {
  if (origin === ANY_PORT && rpId === 'localhost') return;
  const url = URL.canParse(origin) ? new URL(origin) : null;
  const isOrigin = url !== null && url.origin === origin && !origin.includes('*');
  const isBelow = url !== null && (url.hostname === rpId || url.hostname.endsWith(`.${rpId}`));
  const isSafe = url !== null && (url.protocol === 'https:' || url.hostname === 'localhost');
  if (!isOrigin || !isBelow || !isSafe)
    throw new RelyingPartyError(
      `VERIFRAME_WEBAUTHN: ${origin} must be an origin of ${rpId}, such as https://${rpId}.`,
    );
}

function splitAtFirst(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

/** Whether pages of this origin may ask for the party's keys. */
export function isOriginOf({ origins }: RelyingParty, origin: string): boolean {
  if (origin === ANY_PORT) return false;
  return (
    origins.includes(origin) || (origins.includes(ANY_PORT) && /^http:\/\/localhost(:\d{1,5})?$/.test(origin))
  );
}
