/**
 * The ring's geometry. The unit is a hundredth of the oval's half width; the stage scales and places the ring in
 * pixels. Angles are degrees clockwise from the top, as on a clock, in the mirrored picture.
 */

export const TICKS = 72;
/** Half axes of the oval; their ratio is 1 : 1.3. */
export const OVAL = { rx: 100, ry: 130 } as const;
/** Distance of a tick's inner end from the oval, and the length of a tick. */
const TICK_GAP = 7;
const TICK_LENGTH = 8;
/** Distance from the oval to the line of the bead and the lids: the middle of the ticks. */
const RING_MIDDLE = TICK_GAP + TICK_LENGTH / 2;
/** Half the angle of the gap that shows the direction in which to move. */
const GAP_HALF_DEG = 14;
/** Half the angle of the gap for the lids at the top or the mouth at the bottom. */
const SIGN_HALF_DEG = 23;
/** Half the arc that fills around a bead at the top or the bottom. */
const VERTICAL_HALF_DEG = 60;

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Tick {
  readonly angleDeg: number;
  readonly from: Point;
  readonly to: Point;
}

const radians = (angleDeg: number) => (angleDeg * Math.PI) / 180;

/** The smaller angle between two directions, 0..180. */
export function angleBetween(oneDeg: number, otherDeg: number): number {
  const apart = Math.abs(oneDeg - otherDeg) % 360;
  return Math.min(apart, 360 - apart);
}

/**
 * Takes the point where the ray at `angleDeg` from the centre meets the oval, and moves it `outside` units along the
 * oval's normal.
 */
export function pointOnRing(angleDeg: number, outside: number = RING_MIDDLE): Point {
  const { rx, ry } = OVAL;
  const ray = { x: Math.sin(radians(angleDeg)), y: -Math.cos(radians(angleDeg)) };
  const reach = 1 / Math.hypot(ray.x / rx, ray.y / ry);
  const on = { x: ray.x * reach, y: ray.y * reach };
  const normal = { x: on.x / rx ** 2, y: on.y / ry ** 2 };
  const length = Math.hypot(normal.x, normal.y);
  return { x: on.x + (normal.x / length) * outside, y: on.y + (normal.y / length) * outside };
}

/** The 72 ticks, the first at the top, at equal distances along the oval. */
export const TICK_MARKS: readonly Tick[] = evenAngles(TICKS).map((angleDeg) => ({
  angleDeg,
  from: pointOnRing(angleDeg, TICK_GAP),
  to: pointOnRing(angleDeg, TICK_GAP + TICK_LENGTH),
}));

/** Angles that divide the ring into `count` arcs of equal length, measured along a polygon of a thousand sides. */
function evenAngles(count: number): number[] {
  const SIDES = 1000;
  const corners = Array.from({ length: SIDES + 1 }, (_, side) => pointOnRing((side / SIDES) * 360));
  const travelled = [0];
  for (let side = 1; side <= SIDES; side += 1) {
    const [from, to] = [corners[side - 1], corners[side]];
    const step = from === undefined || to === undefined ? 0 : Math.hypot(to.x - from.x, to.y - from.y);
    travelled.push((travelled[side - 1] ?? 0) + step);
  }
  const whole = travelled[SIDES] ?? 0;
  return Array.from({ length: count }, (_, index) => {
    const wanted = (whole * index) / count;
    const side = travelled.findLastIndex((length) => length <= wanted);
    const before = travelled[side] ?? 0;
    const after = travelled[side + 1] ?? whole;
    return ((side + (wanted - before) / (after - before)) / SIDES) * 360;
  });
}

/** What the ring shows. The look of every tick follows from this. */
export interface RingState {
  /** Share of the ring that is lit, symmetrically from the top, 0..1. */
  readonly progress: number;
  /** Clock angle of the gap that shows the direction in which to move, or null. */
  readonly gapDeg: number | null;
  /**
   * The arc that leads to the bead, and the share of it that the head has followed, 0..1. The arc runs from the top to
   * a side, or from both sides to the top or the bottom.
   */
  readonly trail: { readonly toDeg: number; readonly followed: number } | null;
  /** Clock angle at which ticks are hidden for the lids or the mouth, or null. */
  readonly signDeg: number | null;
}

type TickLook = 'plain' | 'lit' | 'guide' | 'gone';

/** The look of one tick. Guidance hides progress, so that the ring shows one thing at a time. */
export function tickLook(angleDeg: number, { progress, gapDeg, trail, signDeg }: RingState): TickLook {
  if (gapDeg !== null) {
    const away = angleBetween(angleDeg, gapDeg);
    if (away < GAP_HALF_DEG) return 'gone';
    if (away < GAP_HALF_DEG * 2) return 'guide';
  }
  const fromTop = angleBetween(angleDeg, 0);
  if (signDeg !== null && angleBetween(angleDeg, signDeg) < SIGN_HALF_DEG) return 'gone';
  const along = trail === null ? null : shareOfTrail(angleDeg, trail.toDeg);
  if (trail !== null && along !== null) return along <= trail.followed ? 'lit' : 'guide';
  return progress > 0 && fromTop <= progress * 180 ? 'lit' : 'plain';
}

/** Position of an angle on the way to the bead, 0..1, or null when it does not lie on it. */
function shareOfTrail(angleDeg: number, toDeg: number): number | null {
  if (isVertical(toDeg)) {
    const away = angleBetween(angleDeg, toDeg);
    return away > VERTICAL_HALF_DEG ? null : 1 - away / VERTICAL_HALF_DEG;
  }
  const share = signedFromTop(angleDeg) / signedFromTop(toDeg);
  return share > 0 && share <= 1 ? share : null;
}

/** Whether a clock angle is the top or the bottom. */
function isVertical(angleDeg: number): boolean {
  return angleDeg % 180 === 0;
}

/** A clock angle as −180..180 from the top, clockwise. */
function signedFromTop(angleDeg: number): number {
  return ((((angleDeg + 180) % 360) + 360) % 360) - 180;
}

/**
 * The direction in which the face must move to reach the middle, as a clock angle in the mirrored picture. Null when
 * the face is near enough. `face` is in fractions of the camera's unmirrored frame.
 */
export function directionToCentre(face: {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}): number | null {
  const right = face.x + face.width / 2 - 0.5;
  const down = 0.5 - (face.y + face.height / 2);
  if (Math.hypot(right, down) < 0.03) return null;
  return ((Math.atan2(right, -down) * 180) / Math.PI + 360) % 360;
}

/** Points of a bead's keyframes on its way to `toDeg`: from the top along the ring, or from the middle up or down. */
export function beadPath(toDeg: number, steps: number): readonly Point[] {
  const span = signedFromTop(toDeg);
  const end = pointOnRing(toDeg);
  return Array.from({ length: steps + 1 }, (_, step) =>
    isVertical(toDeg) ? { x: 0, y: (end.y * step) / steps } : pointOnRing((span * step) / steps),
  );
}

interface OvalPlace {
  readonly cx: number;
  readonly cy: number;
  /** Pixels per unit. */
  readonly scale: number;
}

/** Places the oval and its ring in the middle of a stage of this size in pixels. */
export function placeOval({ width, height }: { width: number; height: number }): OvalPlace {
  const margin = TICK_GAP + TICK_LENGTH + 8;
  const scale = Math.min(
    (height * 0.94) / (2 * (OVAL.ry + margin)),
    (width * 0.94) / (2 * (OVAL.rx + margin)),
  );
  return { cx: width / 2, cy: height / 2, scale: Math.max(0.1, scale) };
}
