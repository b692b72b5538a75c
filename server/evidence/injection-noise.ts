import type { InjectionPolicy } from '../policy/shape.ts';
import { median } from './sample.ts';

/** What a camera's noise leaves of a picture's blocks. */
export interface NoiseState {
  /** The last picture's block digests. */
  readonly blocks: readonly number[];
  /** Share of textured blocks that came again exactly, for each of the newest frames. */
  readonly standing: readonly number[];
}

export const initialNoise: NoiseState = { blocks: [], standing: [] };

const FRAMES_KEPT = 90;
/** Fewer textured blocks make no share. */
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

/** Whether more of the picture stands still, to the last bit, than a camera's noise lets it. */
export function isNoiseless({ standing }: NoiseState, policy: InjectionPolicy): boolean {
  return standing.length >= policy.minFramesToCount && median(standing) >= policy.standingShare;
}
