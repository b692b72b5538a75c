import { DARK, LIGHT } from '@veriframe/browser/look';

/** The colours of both themes. The style sheets of all pages use these names. */
const LIGHT_PAGES = {
  ...LIGHT,
  'proven-text': '#08744f',
  'guide-text': '#815405',
  'trace-1': '#0b7d5d',
  'trace-2': '#9a6404',
  'trace-3': '#2f6bc4',
  'trace-4': '#b03a6b',
  'trace-5': '#6a4bc2',
  'trace-6': '#51702a',
  'trace-7': '#8a4b2f',
  'trace-8': '#55606e',
};
const DARK_PAGES: typeof LIGHT_PAGES = {
  ...DARK,
  'proven-text': '#2ec79b',
  'guide-text': '#e0a22e',
  'trace-1': '#2ec79b',
  'trace-2': '#e0a22e',
  'trace-3': '#7fb2ff',
  'trace-4': '#f08ab4',
  'trace-5': '#b39cff',
  'trace-6': '#a9cf6b',
  'trace-7': '#e59b78',
  'trace-8': '#a8b3c2',
};

/** The style sheet with the colours of the system's theme, or of the theme that the document names. */
export function coloursSheet(): string {
  const [light, dark] = [LIGHT_PAGES, DARK_PAGES].map((theme) =>
    Object.entries(theme)
      .map(([name, colour]) => `--${name}:${colour};`)
      .join(''),
  );
  return `:root{color-scheme:light dark;${light}}
@media(prefers-color-scheme:dark){:root{${dark}}}
:root[data-theme=light]{color-scheme:light;${light}}
:root[data-theme=dark]{color-scheme:dark;${dark}}
`;
}
