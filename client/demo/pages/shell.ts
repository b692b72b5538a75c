import { DARK, LIGHT } from '@veriframe/browser/look';
import { type Language, LANGUAGES, type Words } from '../words/index.ts';
import { mark } from './drawings.ts';
import { iconMarkup } from './icons.ts';

/** One page in one language. */
export interface Page {
  readonly title: string;
  readonly name: string;
  /** What stands at the end of the header. */
  readonly aside: string;
  readonly main: string;
  /** Modules the page loads, by their names among the assets. */
  readonly scripts: readonly string[];
  /** The theme to begin with, where a page shows things as wide as the window, by instruments: `dark` in dark rooms. */
  readonly instrument?: { readonly theme: 'dark' | null };
}

const LATIN = 'fonts/inter-latin-wght-normal.woff2';

/** A whole page in one language. */
export function document(page: Page, language: Language): string {
  const { title, name, aside, main, scripts, instrument } = page;
  const words: Words = LANGUAGES[language];
  const theme = instrument?.theme ?? null;
  const sheets = ['inter', 'colours', 'demo', ...(instrument === undefined ? [] : ['instrument'])];
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
<body class="${name}${instrument === undefined ? '' : ' instrument-page'}">
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

/** Where a page says what went wrong. */
export const problem = '<p class="problem" role="alert" hidden></p>';
