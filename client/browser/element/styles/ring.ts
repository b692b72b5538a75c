import { css } from 'lit';

/** The picture, the oval and the ring on every screen. */
export const ring = css`
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
      opacity 250ms ease-out;
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
  .mouth {
    fill: none;
    stroke: var(--guide);
    stroke-width: 3.5px;
    stroke-linecap: round;
    vector-effect: non-scaling-stroke;
    animation: speak 1.2s ease-in-out 200ms 1 backwards;
  }
  .reach {
    fill: none;
    stroke: var(--guide);
    stroke-width: 2.5px;
    stroke-dasharray: 2 7;
    stroke-linecap: round;
    vector-effect: non-scaling-stroke;
    transform: scale(0.94);
    animation: reach 1.8s ease-out infinite;
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
