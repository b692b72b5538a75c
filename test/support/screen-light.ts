import type { FlashColours } from '../../server/vision/flash-colours.ts';
import { FLASH_COLOURS } from '../../server/evidence/flash-colours.ts';
import { seeded } from './analysis-builder.ts';

/** A colour that was shown, from a moment on; null for none. */
export interface ShownColour {
  readonly atMs: number;
  readonly hex: string | null;
}

export interface ScreenLightOptions {
  readonly seed: number;
  /** Light of the white screen on the face as a share of the room's: .02 beside a window, .3 in the evening. */
  readonly share?: number;
  /** What the background gets of it, as a share of what the face gets: what is three times as far gets a ninth. */
  readonly backgroundShare?: number;
  /** From a colour's revelation to the arrival of a frame that shows it. */
  readonly lagMs?: number;
  /** How far the camera's white balance goes along with the light, 0..1. */
  readonly whiteBalance?: number;
  /** Standard deviation of the slow drift of the skin's channels, as natural logarithms. */
  readonly drift?: number;
}

const NONE = [0, 0, 0];
const WHITE_BALANCE_MS = 1_500;
const DRIFT_MS = 700;
/** Standard deviation of a patch's mean colour, 0..255. */
const NOISE = 0.15;
const EXPOSURE_SWING = 0.012;

/**
 * A simulated camera's view of a face and a wall in a room's light and a screen's: light adds, skin reflects a share of
 * each primary, exposure flickers, white balance follows slowly, tints drift, patches are noisy. Times must rise.
 */
export class ScreenLight {
  readonly #options: Required<ScreenLightOptions>;
  readonly #random: () => number;
  readonly #room: readonly number[];
  readonly #skin: readonly number[];
  readonly #wall: readonly number[];
  #shown: ShownColour[] = [];
  #balance: readonly number[] = NONE;
  #wander: readonly number[] = NONE;
  #lastMs: number | null = null;

  constructor(options: ScreenLightOptions) {
    this.#options = {
      share: 0.1,
      backgroundShare: 0.1,
      lagMs: 150,
      whiteBalance: 0.6,
      drift: 0.004,
      ...options,
    };
    this.#random = seeded(options.seed);
    const around = (values: readonly number[], least: number, span: number) => {
      const scale = least + span * this.#random();
      return values.map((value) => value * scale);
    };
    this.#room = [0.8 + 0.4 * this.#random(), 1, 0.7 + 0.6 * this.#random()];
    this.#skin = around([0.5, 0.32, 0.25], 0.3, 0.7);
    this.#wall = around([0.4, 0.4, 0.4], 0.3, 1);
  }

  /** A colour is revealed, or none any more. */
  show(hex: string | null, atMs: number): void {
    if (this.#shown.at(-1)?.hex !== hex) this.#shown.push({ atMs, hex });
  }

  /** What a frame that arrives at `atMs` shows. */
  coloursAt(atMs: number): FlashColours {
    const { share, backgroundShare, lagMs, whiteBalance, drift } = this.#options;
    const screen = primaries(this.#shown.findLast((shown) => shown.atMs <= atMs - lagMs)?.hex ?? null);
    const sinceMs = atMs - (this.#lastMs ?? atMs);
    this.#lastMs = atMs;
    const follow = 1 - Math.exp(-sinceMs / WHITE_BALANCE_MS);
    this.#balance = this.#balance.map((value, i) => value + (screen[i] - value) * follow);
    const keep = Math.exp(-sinceMs / DRIFT_MS);
    this.#wander = this.#wander.map(
      (value) => value * keep + drift * Math.sqrt(1 - keep ** 2) * this.#normal(),
    );
    const exposure = 1 + EXPOSURE_SWING * (2 * this.#random() - 1);
    const seen = (surface: readonly number[], lit: number, wander: number) => {
      const [red, green, blue] = surface.map((albedo, i) => {
        const light = albedo * (this.#room[i] + lit * screen[i]) * Math.exp(wander * this.#wander[i]);
        const balanced = (light * exposure) / (1 + whiteBalance * share * this.#balance[i]);
        return Math.min(255, Math.max(0, encoded(balanced) + NOISE * this.#normal()));
      });
      return { red, green, blue, pixels: 2_000 };
    };
    return {
      face: seen(this.#skin, share, 1),
      background: seen(this.#wall, share * backgroundShare, 0.3),
    };
  }

  #normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random());
  }
}

function primaries(hex: string | null): readonly number[] {
  const colour = FLASH_COLOURS.find((one) => one.hex === hex);
  return colour === undefined ? NONE : [colour.red, colour.green, colour.blue];
}

/** Linear light, 0..1, as an encoded sRGB value, 0..255 (IEC 61966-2-1). */
function encoded(linear: number): number {
  return 255 * (linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055);
}
