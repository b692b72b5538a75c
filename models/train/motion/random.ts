import { seededRandom } from '../../evaluate/seeded-random.ts';

/** Seeded random numbers of the distributions that the simulation uses. */
export class Draws {
  readonly #random: () => number;
  #spare: number | null = null;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** Uniform in 0 ≤ x < 1. */
  unit(): number {
    return this.#random();
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.#random();
  }

  /** As `between`, uniform on a logarithmic scale. Both bounds must be positive. */
  logBetween(low: number, high: number): number {
    return Math.exp(this.between(Math.log(low), Math.log(high)));
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  index(below: number): number {
    return Math.floor(this.#random() * below);
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.index(items.length)];
  }

  /** Standard normal (Box and Muller). */
  normal(): number {
    if (this.#spare !== null) {
      const value = this.#spare;
      this.#spare = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.#random()));
    const angle = 2 * Math.PI * this.#random();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
}

/** A smooth function of time in seconds, with values about 0. */
export type Course = (seconds: number) => number;

/** A random course within ±`amplitude`: a sum of waves from `slowHz` to `fastHz`, in which slower waves are larger. */
export function wander(draws: Draws, amplitude: number, slowHz: number, fastHz: number): Course {
  const waves = Array.from({ length: 4 }, () => {
    const hz = draws.logBetween(slowHz, fastHz);
    return { hz, phase: draws.unit(), weight: draws.between(0.5, 1) * (slowHz / hz) ** 0.5 };
  });
  const total = waves.reduce((sum, { weight }) => sum + weight, 0);
  return (seconds) =>
    waves.reduce(
      (sum, { hz, phase, weight }) => sum + weight * Math.sin(2 * Math.PI * (hz * seconds + phase)),
      0,
    ) *
    (amplitude / total);
}
