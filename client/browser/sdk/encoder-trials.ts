export type ImageFormat = 'image/jpeg' | 'image/webp';
export type EncoderPlace = 'page' | 'worker';

export interface EncoderVariant {
  readonly place: EncoderPlace;
  readonly format: ImageFormat;
}

interface Trial {
  readonly ms: number;
  readonly bytes: number;
}

/** Frames encoded per variant. The first includes the set-up and is not counted. */
const FRAMES_A_VARIANT = 4;
/** WebP is chosen when its size and its time are at most these multiples of JPEG's. */
const WEBP_MOST_BYTES = 0.75;
const WEBP_MOST_TIME = 1.5;
/**
 * The worker is chosen when its time is at most this multiple of the page's: a free main thread is worth that much
 * latency.
 */
const WORKER_MOST_TIME = 1.25;

const key = ({ place, format }: EncoderVariant) => `${place} ${format}`;

/**
 * Finds out during the first frames of a session what this browser encodes best: JPEG or WebP, on the page or in a
 * worker. Every picture of a trial is sent, so no frame is lost.
 */
export class EncoderTrials {
  readonly #trials = new Map<string, Trial[]>();
  readonly #excluded = new Set<string>();
  readonly #hasWorker: boolean;

  constructor(options: { readonly hasWorker: boolean }) {
    this.#hasWorker = options.hasWorker;
  }

  /** The variant for the next frame: the least tried one until each has had its trials, then the best. */
  next(): EncoderVariant {
    const format = this.#undecided('page', ['image/jpeg', 'image/webp']);
    if (format !== null) return { place: 'page', format };
    const best = this.#bestFormat();
    if (this.#hasWorker && this.#isOpen({ place: 'worker', format: best }))
      return { place: 'worker', format: best };
    return { place: this.#bestPlace(best), format: best };
  }

  record(variant: EncoderVariant, ms: number, bytes: number): void {
    const trials = this.#trials.get(key(variant)) ?? [];
    if (trials.length < FRAMES_A_VARIANT) this.#trials.set(key(variant), [...trials, { ms, bytes }]);
  }

  /** Excludes a variant that failed or produced another format than requested. It is not tried again. */
  exclude(variant: EncoderVariant): void {
    this.#excluded.add(key(variant));
  }

  #isOpen(variant: EncoderVariant): boolean {
    return (
      !this.#excluded.has(key(variant)) && (this.#trials.get(key(variant))?.length ?? 0) < FRAMES_A_VARIANT
    );
  }

  #undecided(place: EncoderPlace, formats: readonly ImageFormat[]): ImageFormat | null {
    const tried = (format: ImageFormat) => this.#trials.get(key({ place, format }))?.length ?? 0;
    const open = formats.filter((format) => this.#isOpen({ place, format }));
    return open.toSorted((one, other) => tried(one) - tried(other))[0] ?? null;
  }

  #median(variant: EncoderVariant): Trial | null {
    if (this.#excluded.has(key(variant))) return null;
    const trials = (this.#trials.get(key(variant)) ?? []).slice(1);
    const middle = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1];
    const ms = middle(trials.map((trial) => trial.ms));
    const bytes = middle(trials.map((trial) => trial.bytes));
    return ms === undefined || bytes === undefined ? null : { ms, bytes };
  }

  #bestFormat(): ImageFormat {
    const jpeg = this.#median({ place: 'page', format: 'image/jpeg' });
    const webp = this.#median({ place: 'page', format: 'image/webp' });
    if (jpeg === null || webp === null) return 'image/jpeg';
    return webp.bytes <= jpeg.bytes * WEBP_MOST_BYTES && webp.ms <= jpeg.ms * WEBP_MOST_TIME
      ? 'image/webp'
      : 'image/jpeg';
  }

  #bestPlace(format: ImageFormat): EncoderPlace {
    const page = this.#median({ place: 'page', format });
    const worker = this.#median({ place: 'worker', format });
    if (worker === null) return 'page';
    return page === null || worker.ms <= page.ms * WORKER_MOST_TIME ? 'worker' : 'page';
  }
}
