import type { Direction } from './head-surface.ts';

/** One texture for the whole person: the head by longitude and latitude, below it bare skin and the body. */
export const ATLAS = { width: 1024, height: 640 } as const;
export const HEAD_ROWS = 512;

/** A rectangle of the atlas. */
export interface AtlasPart {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Bare skin, for the ears. */
export const SKIN_PART: AtlasPart = { left: 0, top: HEAD_ROWS, width: 128, height: 128 };
/** Neck and shoulders: from the left to the right of the back, from the neck down. */
export const BODY_PART: AtlasPart = { left: 128, top: HEAD_ROWS, width: 896, height: 128 };

/** Where a direction lies in the atlas. */
export function inAtlas({ longitudeDeg, latitudeDeg }: Direction): {
  readonly u: number;
  readonly v: number;
} {
  return {
    u: (longitudeDeg / 360 + 0.5) * ATLAS.width,
    v: (latitudeDeg / 180 + 0.5) * HEAD_ROWS,
  };
}

/** Where a share across and a share down of a part lies in the atlas; a little inside, so that nothing bleeds in. */
export function inPart({ left, top, width, height }: AtlasPart, across: number, down: number) {
  return { u: left + 3 + across * (width - 6), v: top + 3 + down * (height - 6) };
}
