/** The colours and the ring of `<face-auth>`, for pages that are to look like it. */
export { DARK, LIGHT, type Palette } from './palette.ts';
export { OVAL, type Point, type Tick, TICK_MARKS } from './element/ring.ts';
