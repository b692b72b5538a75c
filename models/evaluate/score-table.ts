/** Number of bins over the range of a score. For cosine similarity, whose range has length 2, a bin is 1.5e-5 wide. */
const BINS = 1 << 17;

/**
 * Histogram of genuine and impostor scores with narrow bins: its memory does not depend on the number of comparisons. A
 * score outside the range is counted in the first or the last bin. A comparison matches when its score is at or above
 * the threshold. Thresholds are lower edges of bins.
 */
export class ScoreTable {
  readonly low: number;
  readonly high: number;
  readonly genuine = new Uint32Array(BINS);
  readonly impostor = new Uint32Array(BINS);
  genuineCount = 0;
  impostorCount = 0;

  constructor(low: number, high: number) {
    this.low = low;
    this.high = high;
  }

  add(isGenuine: boolean, score: number): void {
    const bin = this.#binOf(score);
    if (isGenuine) {
      this.genuine[bin]++;
      this.genuineCount++;
    } else {
      this.impostor[bin]++;
      this.impostorCount++;
    }
  }

  /** The lowest threshold at which at most `fmr` of the impostor scores are accepted. */
  thresholdAt(fmr: number): number {
    const allowed = Math.floor(fmr * this.impostorCount);
    let accepted = 0;
    for (let bin = BINS - 1; bin >= 0; bin--) {
      accepted += this.impostor[bin];
      if (accepted > allowed) return this.#edge(bin + 1);
    }
    return this.low;
  }

  /** Number of genuine scores below a threshold: false non-matches. */
  genuineBelow(threshold: number): number {
    return sum(this.genuine, 0, this.#firstBinFrom(threshold));
  }

  /** Number of impostor scores at or above a threshold: false matches. */
  impostorsFrom(threshold: number): number {
    return sum(this.impostor, this.#firstBinFrom(threshold), BINS);
  }

  /** The equal error rate, at which false match rate and false non-match rate are the same, and its threshold. */
  equalError(): { readonly rate: number; readonly threshold: number } {
    let below = 0;
    let from = this.impostorCount;
    let last = { fmr: 1, fnmr: 0 };
    for (let bin = 0; bin < BINS; bin++) {
      below += this.genuine[bin];
      from -= this.impostor[bin];
      const next = { fmr: from / this.impostorCount, fnmr: below / this.genuineCount };
      if (next.fnmr >= next.fmr) {
        const before = last.fmr - last.fnmr;
        const after = next.fnmr - next.fmr;
        const share = before + after === 0 ? 0 : before / (before + after);
        return { rate: last.fmr + share * (next.fmr - last.fmr), threshold: this.#edge(bin + 1) };
      }
      last = next;
    }
    return { rate: 1, threshold: this.high };
  }

  /** Points of the DET curve (ISO/IEC 19795-1) at which FMR or FNMR changes by a factor of at least `ratio`. */
  tradeOff(ratio = 1.02): { fmr: number; fnmr: number }[] {
    const points: { fmr: number; fnmr: number }[] = [];
    let below = this.genuineCount;
    let from = 0;
    let [lastFmr, lastFnmr] = [0, 1];
    for (let bin = BINS - 1; bin >= 0; bin--) {
      below -= this.genuine[bin];
      from += this.impostor[bin];
      const fmr = from / this.impostorCount;
      const fnmr = below / this.genuineCount;
      if (from === 0 || (fmr < lastFmr * ratio && fnmr * ratio > lastFnmr)) continue;
      points.push({ fmr, fnmr });
      [lastFmr, lastFnmr] = [fmr, fnmr];
      if (below === 0) break;
    }
    return points;
  }

  /** Mean and standard deviation of the impostor scores, to the width of a bin. */
  impostorSpread(): { readonly mean: number; readonly deviation: number } {
    let [total, squares] = [0, 0];
    for (let bin = 0; bin < BINS; bin++) {
      if (this.impostor[bin] === 0) continue;
      const score = this.#edge(bin + 0.5);
      total += this.impostor[bin] * score;
      squares += this.impostor[bin] * score * score;
    }
    const mean = total / this.impostorCount;
    return { mean, deviation: Math.sqrt(Math.max(0, squares / this.impostorCount - mean * mean)) };
  }

  /** Both distributions in `bins` bins over the range that contains scores: centres and shares. */
  histogram(bins: number): {
    readonly centres: number[];
    readonly genuine: number[];
    readonly impostor: number[];
  } {
    const used = (bin: number) => this.genuine[bin] + this.impostor[bin] > 0;
    let [first, last] = [0, BINS - 1];
    while (first < last && !used(first)) first++;
    while (last > first && !used(last)) last--;
    const width = Math.ceil((last - first + 1) / bins);
    const starts = Array.from({ length: bins }, (_, i) => first + i * width).filter((bin) => bin <= last);
    return {
      centres: starts.map((bin) => this.#edge(bin + width / 2)),
      genuine: starts.map((bin) => sum(this.genuine, bin, bin + width) / this.genuineCount),
      impostor: starts.map((bin) => sum(this.impostor, bin, bin + width) / this.impostorCount),
    };
  }

  /** Calls `visit` for each bin that contains scores. */
  forEachBin(visit: (score: number, genuine: number, impostor: number) => void): void {
    for (let bin = 0; bin < BINS; bin++) {
      if (this.genuine[bin] + this.impostor[bin] > 0) {
        visit(this.#edge(bin + 0.5), this.genuine[bin], this.impostor[bin]);
      }
    }
  }

  #binOf(score: number): number {
    const bin = Math.floor(((score - this.low) / (this.high - this.low)) * BINS);
    return Math.min(BINS - 1, Math.max(0, bin));
  }

  #edge(bin: number): number {
    return this.low + (bin / BINS) * (this.high - this.low);
  }

  #firstBinFrom(threshold: number): number {
    const bin = Math.round(((threshold - this.low) / (this.high - this.low)) * BINS);
    return Math.min(BINS, Math.max(0, bin));
  }
}

function sum(counts: Uint32Array, from: number, to: number): number {
  let total = 0;
  for (let bin = from; bin < Math.min(to, counts.length); bin++) total += counts[bin];
  return total;
}
