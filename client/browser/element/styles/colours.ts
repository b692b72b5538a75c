import { css } from 'lit';

/**
 * Paints the stage around the oval, and the page, in a colour that the server chose. The picture in the oval keeps its
 * colours. Nothing fades, because the light on the face has to change at once. All colours are bright, so that dark
 * text is legible on them.
 */
export const colours = css`
  .frame[data-colour] {
    --ink: #0b0e14;
    --soft: #0b0e14;
    --tick: #0b0e14;
    --proven: #0b0e14;
    --guide: #0b0e14;
    position: relative;
    z-index: 1;
    background: var(--colour);
    box-shadow: 0 0 0 100vmax var(--colour);
    color: #0b0e14;
  }
  .frame[data-colour] .stage {
    background: var(--colour);
  }
  .frame[data-colour] .shade {
    fill: var(--colour);
    transition: none;
  }
  .frame[data-colour] .tick:not(.lit) {
    stroke-width: 1px;
  }
  .choice {
    display: flex;
    gap: 12px;
    align-items: center;
    min-height: 44px;
    margin-top: 8px;
    cursor: pointer;
  }
  .choice input {
    width: 24px;
    height: 24px;
    margin: 0;
    accent-color: var(--ink);
  }
`;
