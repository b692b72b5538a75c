import { flash as policy } from '../../server/policy/flash.ts';
import {
  colourShown,
  foldFlash,
  nextFlashTime,
  passFlashTime,
  startFlash,
  type FlashFinding,
} from '../../server/evidence/flash.ts';
import {
  drawColour,
  FLASH_COLOURS,
  linearOf,
  type FlashColour,
} from '../../server/evidence/flash-colours.ts';
import type { MeanColour } from '../../server/vision/skin.ts';
import type { ClipFrame } from './clip-colours.ts';

interface LitOptions {
  readonly framesPerSecond: number;
  /** Light of the white screen on the face, as a share of the ambient light. */
  readonly share: number;
  /** Colours that fall on the face: those that the session shows, or those of another sequence. */
  readonly shows: 'told' | 'another';
  readonly random: () => number;
}

/** Share of the face's screen light that reaches a wall behind it. */
const BEHIND = 0.12;
const WHITE_BALANCE = 0.5;
const WHITE_BALANCE_MS = 1_500;
const LATEST_LAG_MS = 400;
const JITTER_MS = 30;

/** Plays a random colour sequence, changes the light of a clip as the screen would, and runs the flash cue. */
export function litSequence(frames: readonly (ClipFrame | null)[], options: LitOptions): FlashFinding | null {
  const { framesPerSecond, share, shows, random } = options;
  const lagMs = policy.minLagMs + (LATEST_LAG_MS - policy.minLagMs) * random();
  const falls: { readonly atMs: number; readonly colour: FlashColour | null }[] = [];
  const balance = [0, 0, 0];
  let run = startFlash(0, random());
  let other = drawColour(random(), null);
  const fall = (atMs: number) => {
    const hex = colourShown(run, atMs, policy)?.hex;
    const told = FLASH_COLOURS.find((colour) => colour.hex === hex) ?? null;
    other = drawColour(random(), other);
    falls.push({ atMs: atMs + lagMs, colour: shows === 'told' || told === null ? told : other });
  };
  fall(0);
  for (const [i, frame] of frames.entries()) {
    const atMs = (1000 * i) / framesPerSecond;
    for (;;) {
      const dueMs = nextFlashTime(run, atMs, policy);
      if (dueMs === null || dueMs > atMs) break;
      const shown = run.steps.length;
      run = passFlashTime(run, dueMs, random(), policy);
      if (run.steps.length > shown || colourShown(run, dueMs, policy) === null) fall(dueMs);
    }
    if (run.finding !== null) return run.finding;
    const screen = falls.findLast((one) => one.atMs <= atMs)?.colour ?? { red: 0, green: 0, blue: 0 };
    const light = [screen.red, screen.green, screen.blue];
    const keep = Math.exp(-1000 / framesPerSecond / WHITE_BALANCE_MS);
    for (const channel of balance.keys())
      balance[channel] = balance[channel] * keep + light[channel] * (1 - keep);
    const lit = (value: number, channel: number, part: number) => {
      const more = 1 + share * part * light[channel];
      return encoded(Math.min(1, (linearOf(value) * more) / (1 + WHITE_BALANCE * share * balance[channel])));
    };
    const relit = ({ red, green, blue, pixels }: MeanColour, part: number) => ({
      red: lit(red, 0, part),
      green: lit(green, 1, part),
      blue: lit(blue, 2, part),
      pixels,
    });
    const { face, background } = frame?.colours ?? { face: null, background: null };
    const colours =
      face === null
        ? null
        : { face: relit(face, 1), background: background === null ? null : relit(background, BEHIND) };
    run = foldFlash(run, atMs + JITTER_MS * random(), colours, null);
  }
  return run.finding;
}

/** Encodes linear light, 0..1, as an sRGB value, 0..255 (IEC 61966-2-1). */
function encoded(linear: number): number {
  return 255 * (linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055);
}
