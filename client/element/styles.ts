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

const theme = css`
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

const layout = css`
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
    grid-template-columns: 20px 1fr;
    gap: 12px;
    align-items: start;
  }
  .facts svg {
    width: 20px;
    height: 20px;
    margin-top: 2px;
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

const ring = css`
  video {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    object-fit: cover;
    transform: scaleX(-1);
    opacity: 0;
  }
  [data-screen='streaming'] video {
    opacity: 1;
    transition: opacity 300ms ease-out;
  }
  .ring {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    overflow: hidden;
    direction: ltr;
  }
  .place {
    transform: translate(var(--oval-x, 50%), var(--oval-y, 50%))
      scale(calc(var(--oval-scale, 1) * var(--oval-grow, 1)));
  }
  .placed .place {
    transition: transform 300ms ease-out;
  }
  .shade {
    fill: var(--surface);
    transition: fill 300ms ease-out;
  }
  [data-screen='streaming'] .shade {
    fill: var(--shade);
  }
  .oval {
    fill: var(--paper);
    stroke: var(--hairline);
    stroke-width: 1.5px;
    vector-effect: non-scaling-stroke;
    transition:
      stroke 300ms ease-out,
      fill 300ms ease-out;
  }
  [data-screen='streaming'] .oval {
    fill: transparent;
    stroke: var(--ink);
  }
  [data-screen='streaming'] .asks .oval {
    stroke: var(--guide);
    stroke-dasharray: 6 6;
  }
  [data-screen='passed'] .oval {
    stroke: var(--proven);
    stroke-width: 3px;
  }
  .tick {
    stroke: var(--tick);
    stroke-width: 2px;
    stroke-linecap: round;
    vector-effect: non-scaling-stroke;
    transition:
      stroke 250ms ease-out,
      opacity 250ms ease-out,
      transform 300ms ease-out;
  }
  .tick.lit {
    stroke: var(--proven);
    stroke-width: 3px;
  }
  .tick.guide {
    stroke: var(--guide);
    stroke-width: 3px;
  }
  .tick.gone {
    opacity: 0;
  }
  [data-screen='passed'] .tick {
    transition: stroke 100ms ease-out calc(var(--from-top) * 300ms);
  }
  .breathing .ticks {
    animation: breathe 3.2s ease-in-out infinite;
  }
  [data-move='closer'] .ticks {
    animation: closer 1.6s ease-out infinite;
  }
  [data-move='back'] .ticks {
    animation: back 1.6s ease-out infinite;
  }
  .bead {
    fill: var(--guide);
    stroke: var(--paper);
    stroke-width: 2px;
    opacity: 0;
    transition: opacity 150ms ease-out;
  }
  .bead.shown {
    opacity: 1;
  }
  .lids path {
    fill: none;
    stroke: var(--guide);
    stroke-width: 3px;
    stroke-linecap: round;
    vector-effect: non-scaling-stroke;
  }
  .pupil {
    fill: var(--guide);
    animation: look 1.4s ease-in-out 300ms 1;
  }
  .lid-upper {
    animation: blink 1.4s ease-in-out 300ms 1;
  }
  .emblem {
    position: absolute;
    left: var(--oval-x, 50%);
    top: var(--oval-y, 50%);
    width: calc(56px * var(--oval-scale, 1));
    height: calc(56px * var(--oval-scale, 1));
    color: var(--tick);
    transform: translate(-50%, -50%);
    animation: enter 300ms ease-out;
  }
  .emblem svg {
    width: 100%;
    height: 100%;
    stroke-width: 1.25;
  }
  [data-screen='passed'] .emblem {
    color: var(--proven);
  }
  [data-screen='error'] .emblem {
    color: var(--stop);
  }
  slot[name='stage'] {
    position: absolute;
    inset: 0;
  }
`;

const phone = css`
  @media (max-width: 599px) {
    :host {
      max-width: none;
      height: 100dvh;
      background: var(--paper);
    }
    .stage {
      flex: 1 1 0;
      min-height: 200px;
      aspect-ratio: auto;
      border-radius: 0;
      background: none;
    }
    video {
      mask-image: linear-gradient(#000 calc(100% - 96px), transparent);
    }
    .frame:not([data-screen='streaming']) .shade {
      fill: var(--paper);
    }
    .frame:not([data-screen='streaming']) .oval {
      fill: var(--surface);
    }
    .caption {
      min-height: 112px;
      padding: 16px 24px max(24px, env(safe-area-inset-bottom));
    }
    .actions:not(.row) {
      align-self: stretch;
    }
    .actions:not(.row) .main {
      width: 100%;
    }
  }
`;

const motion = css`
  @keyframes enter {
    from {
      opacity: 0;
    }
  }
  @keyframes leave {
    from {
      opacity: 1;
    }
  }
  @keyframes breathe {
    50% {
      opacity: 0.8;
      transform: scale(1.02);
    }
  }
  @keyframes closer {
    to {
      transform: scale(1.05);
    }
  }
  @keyframes back {
    to {
      transform: scale(0.97);
    }
  }
  @keyframes blink {
    40%,
    60% {
      transform: scaleY(-0.9);
    }
  }
  @keyframes look {
    30%,
    70% {
      opacity: 0;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation: none !important;
      transition: none !important;
    }
    .lid-upper {
      transform: scaleY(-0.9);
    }
    .pupil {
      opacity: 0;
    }
  }
`;

export const styles = [theme, layout, ring, phone, motion];
