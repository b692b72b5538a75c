import { DARK, LIGHT } from '@veriframe/browser/look';
import { type Language, LANGUAGES, type Words } from '../words/index.ts';
import { mark } from './drawings.ts';
import { iconMarkup } from './icons.ts';

/** One page in one language. */
export interface Page {
  readonly title: string;
  readonly name: string;
  /** Content at the end of the header. */
  readonly aside: string;
  readonly main: string;
  /** Modules that the page loads, by their file names among the assets. */
  readonly scripts: readonly string[];
  /**
   * Layout of the full window width, for the operator's page and the view of one's own session. `theme` is the initial
   * theme; null follows the system.
   */
  readonly wide?: { readonly theme: 'dark' | null };
}

const LATIN = 'fonts/inter-latin-wght-normal.woff2';

/** A whole page in one language. */
export function document(page: Page, language: Language): string {
  const { title, name, aside, main, scripts, wide } = page;
  const words: Words = LANGUAGES[language];
  const theme = wide?.theme ?? null;
  const sheets = ['inter', 'colours', 'demo', ...(wide === undefined ? [] : ['wide'])];
  return `<!doctype html>
<html lang="${language}" dir="${words.direction}"${theme === null ? '' : ` data-theme="${theme}"`}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<meta name="theme-color" content="${LIGHT.paper}" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="${DARK.paper}" media="(prefers-color-scheme: dark)">
<title>${title}</title>
<link rel="icon" href="/assets/mark.svg" type="image/svg+xml">
<link rel="preload" href="/assets/${LATIN}" as="font" type="font/woff2" crossorigin>
${sheets.map((sheet) => `<link rel="stylesheet" href="/assets/${sheet}.css">`).join('\n')}
${scripts.map((script) => `<script type="module" src="/assets/${script}"></script>`).join('\n')}
</head>
<body class="${name}${wide === undefined ? '' : ' wide-page'}">
<header class="top">
<a class="brand" href="/">${mark()}<span>veriframe</span></a>
${aside}
</header>
<p class="offline" role="status" hidden>${iconMarkup('offline')}<span>${words.offline}</span></p>
<main>
${main}
</main>
<footer class="languages"><nav aria-label="${words.nav.languages}">
${Object.entries(LANGUAGES).map(languageLink(language)).join('\n')}
</nav></footer>
</body>
</html>
`;
}

const languageLink =
  (present: Language) =>
  ([tag, { name }]: readonly [string, Words]) =>
    `<a href="?lang=${tag}" lang="${tag}" hreflang="${tag}"${tag === present ? ' aria-current="true"' : ''}>${name}</a>`;

/** The links at the top of a page. */
export const navigation = ({ nav }: Words, content: string) =>
  `<nav aria-label="${nav.account}">${content}</nav>`;

/** The line in which a page shows an error. */
export const problem = '<p class="problem" role="alert" hidden></p>';
