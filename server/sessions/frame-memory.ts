/** Hexadecimal digits of a digest that are stored: 64 bits. */
const DIGITS = 16;
/** Slots of a generation for each frame. Probing stays short while at most half of the slots are used. */
const SLOTS_PER_FRAME = 2;
/** Two halves of the digest, and the number of the session that sent it first. */
const WORDS_PER_SLOT = 3;

/** The frames of one session, to compare with those of all others. */
export interface SessionFrames {
  /** Whether another session has sent this image before. The image is remembered in any case. */
  seenBefore(pixelDigest: string): boolean;
}

/**
 * Remembers which images the sessions of this process have sent, to recognise the recording of one session when it is
 * replayed into another. Camera noise makes every image different, so a person who tries again never sends the same
 * image. Every image with a face counts, however its session ended: an attacker may have recorded a failed session, or
 * may feed one camera to two sessions at once. Repeated images within one session are not reported.
 *
 * Stores 64-bit digests of the last `frames` / 2 to `frames` images, in two generations of an open-addressing table.
 * The memory, 24 bytes per image, is allocated at the start. When the newer generation is full, the older one is
 * dropped. With a million images remembered, the probability that any of a million new ones is mistaken for one of them
 * is 5e-8. Other processes do not share the memory, and it does not survive the process.
 */
export class FrameMemory {
  readonly #perGeneration: number;
  #newer: Generation;
  #older: Generation;
  #sessions = 0;

  /** @param frames most images remembered, at least 2 */
  constructor(frames: number) {
    this.#perGeneration = Math.max(1, frames >> 1);
    this.#newer = new Generation(this.#perGeneration);
    this.#older = new Generation(this.#perGeneration);
  }

  /** Call once for each session, when it starts. */
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

/** A hash table of digests with linear probing. A slot is free while its session is 0. */
class Generation {
  readonly #words: Uint32Array;
  readonly #mask: number;
  frames = 0;

  constructor(frames: number) {
    const slots = 2 ** Math.ceil(Math.log2(frames * SLOTS_PER_FRAME));
    // Writing makes the system allocate the memory now, so that a lack of it shows at the start.
    this.#words = new Uint32Array(slots * WORDS_PER_SLOT).fill(0);
    this.#mask = slots - 1;
  }

  /** The number of the session that sent it; 0 when the digest is not in the table. */
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

  /** The slot of the digest, or the free slot to store it in. */
  #slotOf(high: number, low: number): number {
    for (let slot = low & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const at = slot * WORDS_PER_SLOT;
      if (this.#words[at + 2] === 0 || (this.#words[at] === high && this.#words[at + 1] === low)) return at;
    }
  }
}
