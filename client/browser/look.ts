/** The colours and the ring of `<face-auth>`, for pages that have the same look. */
export { DARK, LIGHT, type Palette } from './palette.ts';
export { OVAL, type Point, type Tick, TICK_MARKS } from './element/ring.ts';
