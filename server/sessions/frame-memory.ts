/** Hexadecimal digits of a digest that are kept: 64 bits. */
const DIGITS = 16;
/** Slots for each frame of a generation: probing stays short while at most half of them are taken. */
const SLOTS_PER_FRAME = 2;
/** Two halves of the digest and the number of the session that showed it first. */
const WORDS_PER_SLOT = 3;

/** Frames one session has shown, against those of all the others. */
export interface SessionFrames {
  /** Whether another session has shown this picture before. Remembers it either way. */
  seenBefore(pixelDigest: string): boolean;
}

/**
 * Remembers which pictures the sessions of this process have shown, so that a recording of one is known when it is
 * played into another. No camera takes the same picture twice, for its noise; a person who tries again never sends
 * one again. So every picture with a face counts, whatever became of its session: an attacker may well have recorded
 * one that failed, or feed one camera to two sessions at once. Pictures of the same session are not its business.
 *
 * Holds 64-bit digests of the last `frames` / 2 to `frames` pictures in two generations of an open-addressing table,
 * 24 bytes a picture, all of them taken at the start; the older generation is forgotten when the newer one is full. With a million pictures
 * remembered, one of a million new ones is mistaken for an old one with a probability of 5e-8. Forgotten with the
 * process, and not shared with others.
 */
export class FrameMemory {
  readonly #perGeneration: number;
  #newer: Generation;
  #older: Generation;
  #sessions = 0;

  /** `frames`: most pictures remembered, at least 2. */
  constructor(frames: number) {
    this.#perGeneration = Math.max(1, frames >> 1);
    this.#newer = new Generation(this.#perGeneration);
    this.#older = new Generation(this.#perGeneration);
  }

  /** For one session, from its start to its end. */
  openSession(): SessionFrames {
    this.#sessions = (this.#sessions + 1) >>> 0 || 1;
    const session = this.#sessions;
    return { seenBefore: (pixelDigest) => this.#seenBefore(pixelDigest, session) };
  }

  #seenBefore(pixelDigest: string, session: number): boolean {
    const high = Number.parseInt(pixelDigest.slice(0, DIGITS / 2), 16) >>> 0;
    const low = Number.parseInt(pixelDigest.slice(DIGITS / 2, DIGITS), 16) >>> 0;
    const owner = this.#newer.ownerOf(high, low) || this.#older.ownerOf(high, low);
    if (owner !== 0) return owner !== session;
    if (this.#newer.frames >= this.#perGeneration) {
      const spare = this.#older;
      spare.empty();
      this.#older = this.#newer;
      this.#newer = spare;
    }
    this.#newer.add(high, low, session);
    return false;
  }
}

/** Digests with linear probing. A slot is free while its session is 0. */
class Generation {
  readonly #words: Uint32Array;
  readonly #mask: number;
  frames = 0;

  constructor(frames: number) {
    const slots = 2 ** Math.ceil(Math.log2(frames * SLOTS_PER_FRAME));
    // Written to, so that the system hands the memory out now: where there is too little of it, that shows at the start.
    this.#words = new Uint32Array(slots * WORDS_PER_SLOT).fill(0);
    this.#mask = slots - 1;
  }

  /** 0 when the digest is not here. */
  ownerOf(high: number, low: number): number {
    return this.#words[this.#slotOf(high, low) + 2];
  }

  add(high: number, low: number, session: number): void {
    this.#words.set([high, low, session], this.#slotOf(high, low));
    this.frames++;
  }

  empty(): void {
    this.#words.fill(0);
    this.frames = 0;
  }

  /** Where the digest is, or the free slot where it belongs. */
  #slotOf(high: number, low: number): number {
    for (let slot = low & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const at = slot * WORDS_PER_SLOT;
      if (this.#words[at + 2] === 0 || (this.#words[at] === high && this.#words[at + 1] === low)) return at;
    }
  }
}
