/** `VERIFRAME_ALLOWED_ORIGINS`, read. */
export interface AllowedOrigins {
  /** In the form that browsers send (`canonicalOrigin`). Empty: only pages that this server itself serves. */
  readonly origins: readonly string[];
  /** What is wrong with the list, a sentence for each entry. */
  readonly problems: readonly string[];
}

/** Reads origins that are separated by commas. An entry that no browser could match is a problem. */
export function readAllowedOrigins(setting: string): AllowedOrigins {
  if (setting.trim() === '') return { origins: [], problems: [] };
  const origins: string[] = [];
  const problems: string[] = [];
  for (const entry of setting.split(',').map((one) => one.trim())) {
    const problem = problemOf(entry);
    const origin = canonicalOrigin(entry);
    if (problem !== null || origin === null) problems.push(problem ?? `\`${entry}\` is no origin.`);
    else if (origins.includes(origin)) problems.push(`\`${entry}\` stands there twice.`);
    else origins.push(origin);
  }
  return { origins, problems };
}

function problemOf(entry: string): string | null {
  if (entry === '') return 'An entry is empty: remove the comma.';
  if (/[;\s]/.test(entry)) return `\`${entry}\`: separate origins by commas.`;
  if (entry.includes('*'))
    return `\`${entry}\`: there are no wildcards, which would let pages of others in. Name each origin.`;
  if (!/^[a-z][a-z\d+.-]*:\/\/./i.test(entry))
    return `\`${entry}\` must begin with its scheme: https://${entry}`;
  const url = URL.canParse(entry) ? new URL(entry) : null;
  if (url === null) return `\`${entry}\` is no origin, such as https://shop.example.`;
  const isBare =
    ['', '/'].includes(url.pathname) && url.search === '' && url.hash === '' && url.username === '';
  return isBare ? null : `\`${entry}\` has more than an origin: leave ${url.protocol}//${url.host}.`;
}

/**
 * An origin as browsers send it: in lower case, without the port that its scheme has anyway, without a path. Null: it
 * is none, or the opaque `null`.
 */
export function canonicalOrigin(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const { protocol, host } = new URL(text);
  // `origin` is `null` for schemes of applications, such as capacitor://localhost.
  return host === '' ? null : `${protocol}//${host.toLowerCase()}`;
}

/** Whether a page of this origin was served under this `Host`. The port that the scheme has anyway may stand or not. */
export function isOriginOfHost(origin: string, host: string | undefined): boolean {
  const canonical = canonicalOrigin(origin);
  if (canonical === null || host === undefined || /[\s/?#@\\]/.test(host)) return false;
  const [scheme = ''] = canonical.split('//');
  return canonicalOrigin(`${scheme}//${host}`) === canonical;
}
