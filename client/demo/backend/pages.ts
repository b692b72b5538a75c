import { type Assets, serveAsset } from './assets.ts';
import { type DemoContext, isConfirmed, whoIsSignedIn } from './context.ts';
import { withLinksFrom } from '../links.ts';
import { type DemoRequest, type DemoResponse, redirect } from './http.ts';
import { keepLanguage, languageOf, pickedLanguage } from './languages.ts';

const ASSET_PATH = '/assets/';
const HOST = /^[\w.-]+(:\d+)?$|^\[[0-9a-f:]+\](:\d+)?$/i;

/** Answers with a page or one of its files. Every other path gets the page for 404. */
export function servePage(context: DemoContext, assets: Assets, request: DemoRequest): DemoResponse {
  const { path } = request;
  const asset = path.startsWith(ASSET_PATH)
    ? serveAsset(assets, path.slice(ASSET_PATH.length), request)
    : null;
  if (asset !== null) return asset;
  const picked = pickedLanguage(request);
  if (picked !== null) return redirect(pathInLanguage(request), keepLanguage(picked));
  const to = redirectFor(context, request);
  if (to !== null) return redirect(to);
  const name = PAGES[path];
  const page = name === undefined ? null : serveDocument(assets, name, request);
  if (page !== null) return asDocument(page, request);
  const missing = asDocument(
    // The page for 404 is always sent in full: a missing page has no version to compare.
    serveAsset(assets, `not-found.${languageOf(request)}.html`, { ...request, headers: new Map() }) ?? {
      headers: {},
      body: '',
    },
    request,
  );
  const body = withLinksFrom(path, Buffer.from(missing.body).toString('utf8'));
  return { status: 404, headers: missing.headers, body };
}

/** Name of the page at each path. */
const PAGES: Readonly<Record<string, string>> = {
  '/': 'welcome',
  '/register': 'register',
  '/sign-in': 'sign-in',
  '/account': 'account',
  '/see': 'see',
  '/operator': 'operator',
  '/operator/sign-in': 'operator-sign-in',
};

/** The address of the same page without `lang`. Other query parameters stay. */
function pathInLanguage({ path, query }: DemoRequest): string {
  if (!Object.hasOwn(PAGES, path)) return '/';
  const rest = new URLSearchParams(query);
  rest.delete('lang');
  return rest.size === 0 ? path : `${path}?${rest.toString()}`;
}

/** The document in the visitor's language. */
function serveDocument(assets: Assets, name: string, request: DemoRequest): DemoResponse | null {
  return serveAsset(assets, `${name}.${languageOf(request)}.html`, request);
}

/** The page to redirect to when the requested one is not for this visitor now, or null. */
function redirectFor(context: DemoContext, request: DemoRequest): string | null {
  const { path } = request;
  if (path === '/operator' || path === '/operator/sign-in') {
    const isOperator = context.operators?.isSignedIn(request) === true;
    if (isOperator) return path === '/operator' ? null : '/operator';
    return path === '/operator' ? '/operator/sign-in' : null;
  }
  const signedIn = whoIsSignedIn(context, request);
  if (signedIn === null) return path === '/account' || path === '/see' ? '/sign-in' : null;
  if (path === '/see') return signedIn.user.faceSetUpAtMs === null ? '/account' : null;
  if (path === '/') return '/account';
  if (path === '/sign-in') return isConfirmed(context, signedIn) ? '/account' : null;
  if (path === '/register') return signedIn.user.faceSetUpAtMs === null ? null : '/account';
  return null;
}

/** Adds a content security policy: a page may load only its own files and connect only to its own server. */
function asDocument<T extends Pick<DemoResponse, 'headers'>>(page: T, { headers }: DemoRequest): T {
  const host = headers.get('host') ?? '';
  // In older browsers 'self' does not include the WebSocket of the same host.
  const sockets = HOST.test(host) ? ` ws://${host} wss://${host}` : '';
  return {
    ...page,
    headers: {
      ...page.headers,
      'cache-control': 'no-cache, private',
      vary: 'Accept-Encoding, Accept-Language, Cookie',
      'content-security-policy':
        `default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; font-src 'self'; ` +
        `img-src 'self'; connect-src 'self'${sockets}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      'permissions-policy': 'camera=(self), microphone=(), geolocation=()',
    },
  };
}
