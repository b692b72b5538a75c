/**
 * Behaves like a browser: keeps the cookie and sends the origin. It does not follow redirects, so that a test can check
 * them.
 */
export class VisitorBrowser {
  readonly #url: string;
  readonly userAgent: string;
  cookie: string | null = null;
  /** The last `Set-Cookie` header, unchanged. */
  setCookie: string | null = null;

  constructor(
    url: string,
    userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  ) {
    this.#url = url;
    this.userAgent = userAgent;
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return await this.#send(path, { headers });
  }

  async post(path: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<Response> {
    return await this.send('POST', path, body, headers);
  }

  async send(
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return await this.#send(path, {
      method,
      headers: { origin: this.#url, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  }

  /** Another browser with the same cookie. */
  copy(): VisitorBrowser {
    const copy = new VisitorBrowser(this.#url, this.userAgent);
    copy.cookie = this.cookie;
    return copy;
  }

  async #send(
    path: string,
    init: Omit<RequestInit, 'headers'> & { headers: Record<string, string> },
  ): Promise<Response> {
    const carried = this.cookie === null ? {} : { cookie: this.cookie };
    const response = await fetch(this.#url + path, {
      redirect: 'manual',
      ...init,
      headers: { 'user-agent': this.userAgent, ...carried, ...init.headers },
    });
    const [set] = response.headers.getSetCookie();
    if (set === undefined) return response;
    this.setCookie = set;
    const [pair = ''] = set.split(';');
    this.cookie = pair.endsWith('=') ? null : pair;
    return response;
  }
}

/** Status and code of a refusal. */
export async function refusalOf(response: Response): Promise<readonly [number, string]> {
  const body = (await response.json()) as { error: { code: string } };
  return [response.status, body.error.code];
}
