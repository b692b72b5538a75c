import { FLASH_COLOURS } from '../../server/evidence/flash-colours.ts';
import type { ShownStatus } from '../presenter.ts';

export interface ScreenOptions {
  /** Light of the white screen on the face as a share of the room's. Default .12: an office, a laptop. */
  readonly share?: number;
  /** From a colour's revelation until display and camera have gone along. Default 90 ms. */
  readonly lagMs?: number;
  /** How far the camera's white balance goes along with the light on the face, 0..1. Default .5. */
  readonly whiteBalance?: number;
}

type Rgb = readonly [number, number, number];
const DARK: Rgb = [0, 0, 0];
const WHITE_BALANCE_MS = 1_500;

/** A screen that shows what the server says, as the light that it sends at a face and as the camera makes up for it. */
export class ScreenColours {
  readonly #options: Required<ScreenOptions>;
  readonly #shown: { readonly atMs: number; readonly rgb: Rgb }[] = [];

  constructor(options: ScreenOptions = {}) {
    this.#options = { share: 0.12, lagMs: 90, whiteBalance: 0.5, ...options };
  }

  /** Whether it has shown nothing yet. */
  get isDark(): boolean {
    return this.#shown.length === 0;
  }

  /** The screen shows what the server says, or nothing any more. */
  onStatus({ flash }: ShownStatus, atMs: number): void {
    this.show(flash?.colour ?? null, atMs);
  }

  show(hex: string | null, atMs: number): void {
    const colour = FLASH_COLOURS.find((one) => one.hex === hex);
    const rgb: Rgb = colour === undefined ? DARK : [colour.red, colour.green, colour.blue];
    this.#shown.push({ atMs: atMs + this.#options.lagMs, rgb });
  }

  /** What it adds to the light on a face that looks at it, as shares of the room's light. */
  lightAt(atMs: number): Rgb {
    const [red, green, blue] = this.#shown.findLast((shown) => shown.atMs <= atMs)?.rgb ?? DARK;
    const { share } = this.#options;
    return [share * red, share * green, share * blue];
  }

  /** By what the camera divides each colour. Of the history alone, so that any instant can be asked for. */
  balanceAt(atMs: number): Rgb {
    const late = [0, 0, 0];
    for (const [i, { atMs: fromMs, rgb }] of this.#shown.entries()) {
      if (fromMs >= atMs) break;
      const untilMs = Math.min(atMs, this.#shown[i + 1]?.atMs ?? atMs);
      const weight =
        Math.exp((untilMs - atMs) / WHITE_BALANCE_MS) - Math.exp((fromMs - atMs) / WHITE_BALANCE_MS);
      for (const channel of [0, 1, 2]) late[channel] += weight * rgb[channel];
    }
    const { share, whiteBalance } = this.#options;
    const [red, green, blue] = late.map((light) => 1 + whiteBalance * share * light);
    return [red, green, blue];
  }
}
