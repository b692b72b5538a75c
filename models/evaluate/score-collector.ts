import type { Cosines } from './compare-all.ts';
import type { Scorer } from './scorers.ts';
import { ScoreTable } from './score-table.ts';

/** Comparisons with the rows of their two faces and their score. Grows as needed. */
class ComparisonList {
  #probes = new Int32Array(1024);
  #references = new Int32Array(1024);
  #scores = new Float32Array(1024);
  length = 0;

  push(probe: number, reference: number, score: number): void {
    if (this.length === this.#scores.length) {
      const grow = <List extends Int32Array | Float32Array>(list: List, bigger: List) => {
        bigger.set(list);
        return bigger;
      };
      this.#probes = grow(this.#probes, new Int32Array(2 * this.length));
      this.#references = grow(this.#references, new Int32Array(2 * this.length));
      this.#scores = grow(this.#scores, new Float32Array(2 * this.length));
    }
    this.#probes[this.length] = probe;
    this.#references[this.length] = reference;
    this.#scores[this.length++] = score;
  }

  /** The comparisons in descending order of score. */
  descending(): Comparisons {
    const order = Uint32Array.from({ length: this.length }, (_, i) => i).toSorted(
      (a, b) => this.#scores[b] - this.#scores[a],
    );
    return {
      probes: Int32Array.from(order, (i) => this.#probes[i]),
      references: Int32Array.from(order, (i) => this.#references[i]),
      scores: Float32Array.from(order, (i) => this.#scores[i]),
    };
  }
}

/** Comparisons as parallel arrays. */
export interface Comparisons {
  readonly probes: Int32Array;
  readonly references: Int32Array;
  readonly scores: Float32Array;
}

/**
 * Collects the scores of one scorer. All scores are counted in a table. Every genuine comparison is kept, and every
 * impostor comparison with a score of at least `tailFrom`: these determine the thresholds at low false match rates.
 */
export class ScoreCollector {
  readonly scorer: Scorer;
  readonly table: ScoreTable;
  readonly #tailFrom: number;
  readonly #genuine = new ComparisonList();
  readonly #tail = new ComparisonList();
  readonly #identityOfProbe: Int32Array;
  readonly #identityOfReference: Int32Array;

  constructor(
    scorer: Scorer,
    tailFrom: number,
    identityOfProbe: Int32Array,
    identityOfReference: Int32Array = identityOfProbe,
  ) {
    this.scorer = scorer;
    this.table = new ScoreTable(scorer.low, scorer.high);
    this.#tailFrom = tailFrom;
    this.#identityOfProbe = identityOfProbe;
    this.#identityOfReference = identityOfReference;
  }

  add(probe: number, reference: number, cosines: Readonly<Cosines>): void {
    const a = this.#identityOfProbe[probe];
    const b = this.#identityOfReference[reference];
    if (!this.scorer.covers(a, b)) return;
    const score = this.scorer.score(cosines, a);
    this.table.add(a === b, score);
    if (a === b) this.#genuine.push(probe, reference, score);
    else if (score >= this.#tailFrom) this.#tail.push(probe, reference, score);
  }

  genuine(): Comparisons {
    return this.#genuine.descending();
  }

  impostorTail(): Comparisons {
    return this.#tail.descending();
  }
}
