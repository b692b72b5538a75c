import type { InjectionPolicy } from '../policy/injection.ts';
import { median } from './sample.ts';

/** Which blocks of a picture repeat exactly, in spite of a camera's noise. */
export interface NoiseState {
  /** The block digests of the last picture. */
  readonly blocks: readonly number[];
  /** For each of the newest frames, the share of textured blocks that are equal to those of the frame before. */
  readonly standing: readonly number[];
}

export const initialNoise: NoiseState = { blocks: [], standing: [] };

const FRAMES_KEPT = 90;
/** With fewer textured blocks there is no share. */
const MIN_BLOCKS = 20;

export function foldNoise(state: NoiseState, blocks: readonly number[]): NoiseState {
  let [textured, same] = [0, 0];
  for (const [i, digest] of blocks.entries()) {
    const before = state.blocks[i] ?? 0;
    if (digest === 0 || before === 0) continue;
    textured++;
    if (digest === before) same++;
  }
  const standing =
    textured < MIN_BLOCKS ? state.standing : [...state.standing, same / textured].slice(-FRAMES_KEPT);
  return { blocks, standing };
}

/** Whether more of the picture repeats exactly than a camera's noise allows. */
export function isNoiseless({ standing }: NoiseState, policy: InjectionPolicy): boolean {
  return standing.length >= policy.minFramesToCount && median(standing) >= policy.standingShare;
}
