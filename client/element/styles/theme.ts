import { css } from 'lit';

const light = css`
  --ink: var(--face-auth-text, #14171d);
  --soft: var(--face-auth-soft-text, #5f5f59);
  --paper: var(--face-auth-background, #f6f6f3);
  --surface: var(--face-auth-surface, #ecebe6);
  --hairline: var(--face-auth-hairline, #d9d8d1);
  --tick: #84837b;
  --shade: rgb(246 246 243 / 0.88);
  --proven: var(--face-auth-proven, #0b8a66);
  --guide: var(--face-auth-guide, #a87008);
  --stop: var(--face-auth-stop, #b93b3e);
`;

const dark = css`
  --ink: var(--face-auth-text, #f1f1ec);
  --soft: var(--face-auth-soft-text, #a3a39c);
  --paper: var(--face-auth-background, #0b0e14);
  --surface: var(--face-auth-surface, #12161e);
  --hairline: var(--face-auth-hairline, #2a2e36);
  --tick: #7b7c7a;
  --shade: rgb(11 14 20 / 0.82);
  --proven: var(--face-auth-proven, #15b88a);
  --guide: var(--face-auth-guide, #e0a22e);
  --stop: var(--face-auth-stop, #e0686a);
`;

/** Colours for both themes, following the system unless the page says which. */
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
