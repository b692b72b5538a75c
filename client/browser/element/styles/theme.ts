import { css, type CSSResult, unsafeCSS } from 'lit';
import { DARK, LIGHT, type Palette } from '../../palette.ts';

/** Custom properties that a page may set. Each defaults to the palette's colour. */
const themed = (palette: Palette, shade: string): CSSResult =>
  unsafeCSS(`
  --ink: var(--face-auth-text, ${palette.ink});
  --soft: var(--face-auth-soft-text, ${palette.soft});
  --paper: var(--face-auth-background, ${palette.paper});
  --surface: var(--face-auth-surface, ${palette.surface});
  --hairline: var(--face-auth-hairline, ${palette.hairline});
  --tick: ${palette.edge};
  --shade: ${shade};
  --proven: var(--face-auth-proven, ${palette.proven});
  --guide: var(--face-auth-guide, ${palette.guide});
  --stop: var(--face-auth-stop, ${palette.stop});
`);

const light = themed(LIGHT, 'rgb(246 246 243 / 0.88)');
const dark = themed(DARK, 'rgb(11 14 20 / 0.82)');

/** Colours of both themes. The element follows the system unless the page chooses a theme. */
export const theme = css`
  :host {
    ${light}
    color-scheme: light dark;
  }
  @media (prefers-color-scheme: dark) {
    :host {
      ${dark}
    }
  }
  :host([theme='light']) {
    ${light}
    color-scheme: light;
  }
  :host([theme='dark']) {
    ${dark}
    color-scheme: dark;
  }
`;
