import { css } from 'lit';

/** Narrow screens: the stage fills the width and the words are below it. */
export const phone = css`
  @media (max-width: 599px) {
    :host {
      max-width: none;
      background: var(--paper);
    }
    .frame {
      min-height: var(--face-auth-phone-height, 100dvh);
    }
    .stage {
      flex: 1 1 0;
      min-height: min(200px, 22dvh);
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

/** A phone in landscape: the words are beside the stage. */
export const sideways = css`
  @media (min-width: 600px) and (max-height: 559px) {
    :host {
      max-width: 920px;
    }
    .frame {
      flex-direction: row;
      gap: 16px;
      align-items: center;
    }
    .stage {
      flex: none;
      width: min(56%, 133dvh);
      max-height: 100dvh;
    }
    .caption {
      flex: 1;
      padding-block: 0;
    }
  }
`;
