/** A colour of the sequence: its linear light in each primary, 0..1, and the code by which a client shows it. */
export interface FlashColour {
  readonly hex: string;
  readonly red: number;
  readonly green: number;
  readonly blue: number;
}

/**
 * The colours are far apart in chromaticity, so that skin of any colour reflects them differently. All are bright: a
 * dark one would only flicker. None is a saturated red (R / (R + G + B) ≥ .8 in WCAG 2.2, "general flash and red flash
 * thresholds").
 */
export const FLASH_COLOURS: readonly FlashColour[] = [
  '#ffffff',
  '#ffb400',
  '#00e05a',
  '#2fe0ff',
  '#4a7dff',
  '#ff4fd0',
].map(colourOf);

/** The next colour: any except the one that is shown now. `draw` is in [0, 1). */
export function drawColour(draw: number, shown: FlashColour | null): FlashColour {
  const others = FLASH_COLOURS.filter((colour) => colour !== shown);
  const colour = others[Math.floor(draw * others.length)];
  if (colour === undefined) throw new RangeError('nothing to draw from');
  return colour;
}

/** An encoded sRGB value, 0..255, as linear light, 0..1 (IEC 61966-2-1). */
export function linearOf(encoded: number): number {
  const value = encoded / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

function colourOf(hex: string): FlashColour {
  const channel = (at: number) => linearOf(Number.parseInt(hex.slice(at, at + 2), 16));
  return { hex, red: channel(1), green: channel(3), blue: channel(5) };
}
