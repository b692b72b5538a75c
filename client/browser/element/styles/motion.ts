import { css } from 'lit';

/** Animations. They are off where the person prefers reduced motion. */
export const motion = css`
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
  @keyframes speak {
    0%,
    20% {
      transform: scaleY(0.08);
    }
  }
  @keyframes reach {
    from {
      opacity: 0;
      transform: scale(0.7);
    }
    60% {
      opacity: 1;
      transform: scale(0.94);
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
