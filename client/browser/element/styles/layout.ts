import { css } from 'lit';

/** Layout of stage, words and buttons on wide screens. */
export const layout = css`
  :host {
    --size: var(--face-auth-font-size, 16px);
    display: block;
    box-sizing: border-box;
    max-width: 640px;
    margin-inline: auto;
    color: var(--ink);
    font: 400 var(--size) / 1.5 var(--face-auth-font, 'Inter Variable', Inter, system-ui, sans-serif);
    -webkit-font-smoothing: antialiased;
  }
  :host([hidden]) {
    display: none;
  }
  :host([kiosk]) {
    --size: var(--face-auth-font-size, 22px);
    max-width: 880px;
  }
  .frame {
    display: flex;
    flex-direction: column;
    height: 100%;
    outline: none;
  }
  .stage {
    position: relative;
    overflow: hidden;
    aspect-ratio: 4 / 3;
    border-radius: var(--face-auth-radius, 24px);
    background: var(--surface);
    isolation: isolate;
  }
  .caption {
    display: flex;
    flex-direction: column;
    align-items: center;
    padding: 24px 24px 0;
    text-align: center;
  }
  .title {
    margin: 0;
    font-size: 1.5625em;
    font-weight: 600;
    line-height: 1.25;
    letter-spacing: -0.015em;
    text-wrap: balance;
    outline: none;
  }
  .text {
    margin: 8px 0 0;
    max-width: 26em;
    color: var(--soft);
    text-wrap: balance;
  }
  .facts {
    display: grid;
    gap: 8px;
    margin: 16px 0 0;
    padding: 0;
    list-style: none;
    color: var(--soft);
    text-align: start;
  }
  .facts li {
    display: grid;
    grid-template-columns: 1.25em 1fr;
    gap: 12px;
    align-items: start;
  }
  .facts svg {
    width: 1.25em;
    height: 1.25em;
    margin-top: 0.125em;
    stroke-width: 1.5;
  }
  .camera {
    display: flex;
    gap: 12px;
    align-items: center;
    margin-top: 16px;
    color: var(--soft);
  }
  select {
    max-width: 16em;
    min-height: 44px;
    padding: 8px 12px;
    border: 1px solid var(--tick);
    border-radius: 14px;
    background: var(--paper);
    color: var(--ink);
    font: inherit;
  }
  .lines {
    display: grid;
    align-items: center;
    min-height: 40px;
  }
  .line {
    grid-area: 1 / 1;
    margin: 0;
    font-size: 1.625em;
    font-weight: 600;
    line-height: 1.25;
    letter-spacing: -0.015em;
    text-wrap: balance;
    animation: enter 150ms ease-out;
  }
  .line.leaving {
    opacity: 0;
    animation: leave 150ms ease-out;
  }
  .actions {
    display: flex;
    flex-direction: column;
    gap: 8px;
    align-items: center;
    margin-top: 24px;
    min-height: 44px;
  }
  .actions.row {
    flex-direction: row;
    flex-wrap: wrap;
    justify-content: center;
    margin-top: 8px;
  }
  button {
    min-height: 44px;
    border: 0;
    border-radius: 14px;
    font: inherit;
    font-weight: 600;
    cursor: pointer;
    transition: opacity 150ms ease-out;
    -webkit-tap-highlight-color: transparent;
  }
  .main {
    min-width: 15em;
    min-height: 56px;
    padding: 8px 32px;
    background: var(--face-auth-button, var(--ink));
    color: var(--face-auth-button-text, var(--paper));
  }
  .quiet {
    padding: 8px 16px;
    background: none;
    color: var(--soft);
    font-weight: 400;
  }
  .main:hover {
    opacity: 0.88;
  }
  .quiet:hover {
    color: var(--ink);
    text-decoration: underline;
    text-underline-offset: 4px;
  }
  button:focus-visible,
  select:focus-visible {
    outline: 2px solid var(--ink);
    outline-offset: 3px;
  }
  .title:focus-visible,
  .frame:focus-visible {
    outline: none;
  }
  .spoken {
    position: absolute;
    overflow: hidden;
    width: 1px;
    height: 1px;
    clip-path: inset(50%);
    white-space: nowrap;
  }
`;
