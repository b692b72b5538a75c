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

/** The first frame of a variant pays for its set-up and is not counted. */
const FRAMES_A_VARIANT = 4;
/** WebP is taken when it saves this much and costs no more than this many times JPEG's time. */
const WEBP_MOST_BYTES = 0.75;
const WEBP_MOST_TIME = 1.5;
/** The worker leaves the page its thread, which is worth a little latency. */
const WORKER_MOST_TIME = 1.25;

const key = ({ place, format }: EncoderVariant) => `${place} ${format}`;

/**
 * Finds out on the session's own first frames what this browser encodes well: JPEG or WebP, on the page or in a
 * worker. No frame is wasted on it, since each trial's picture is sent.
 */
export class EncoderTrials {
  readonly #trials = new Map<string, Trial[]>();
  readonly #excluded = new Set<string>();
  readonly #hasWorker: boolean;

  constructor(options: { readonly hasWorker: boolean }) {
    this.#hasWorker = options.hasWorker;
  }

  /** What to encode the next frame with: the variant tried least until all are, then the best. */
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

  /** The variant failed or gave another format than asked; it is not tried again. */
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
