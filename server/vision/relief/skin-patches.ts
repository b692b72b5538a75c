import { isOnFace, onMeanFace, TEXTURE } from './texture.ts';

/** A place of the texture around which a patch is looked for. */
export interface SkinPatch {
  readonly x: number;
  readonly y: number;
  /** On the nose, whose relief alone is easily added to a picture. */
  readonly isNose: boolean;
}

/** Texels between patches, and from a patch's centre to the rim of the face. */
const SPACING = 5;
const RIM = 4;

/**
 * Ellipses that move by themselves, in distances between the eyes on the mean face: lids and irises, lips. What follows
 * them would be taken for relief.
 */
const MOVING = [
  { x: -0.5, y: 0, halfWidth: 0.34, halfHeight: 0.2 },
  { x: 0.5, y: 0, halfWidth: 0.34, halfHeight: 0.2 },
  { x: 0, y: 1.12, halfWidth: 0.55, halfHeight: 0.33 },
] as const;

function isStillSkin(column: number, row: number): boolean {
  const inside =
    isOnFace(column, row) &&
    isOnFace(column - RIM, row) &&
    isOnFace(column + RIM, row) &&
    isOnFace(column, row - RIM) &&
    isOnFace(column, row + RIM);
  const { x, y } = onMeanFace(column, row);
  return (
    inside &&
    MOVING.every((part) => ((x - part.x) / part.halfWidth) ** 2 + ((y - part.y) / part.halfHeight) ** 2 >= 1)
  );
}

/** The nose from its root to below its tip, in distances between the eyes on the mean face. */
const NOSE = { halfWidth: 0.36, top: 0.1, bottom: 0.95 } as const;

function isNose(column: number, row: number): boolean {
  const { x, y } = onMeanFace(column, row);
  return Math.abs(x) < NOSE.halfWidth && y > NOSE.top && y < NOSE.bottom;
}

/** The patches of skin, brows and nose, row by row. */
export const SKIN_PATCHES: readonly SkinPatch[] = Array.from(
  { length: Math.ceil(TEXTURE.height / SPACING) * Math.ceil(TEXTURE.width / SPACING) },
  (_, i) => {
    const columns = Math.ceil(TEXTURE.width / SPACING);
    return { x: SPACING * (i % columns), y: SPACING * Math.floor(i / columns) };
  },
)
  .filter(({ x, y }) => isStillSkin(x, y))
  .map(({ x, y }) => ({ x, y, isNose: isNose(x, y) }));
