import { OVAL, TICK_MARKS } from '@veriframe/browser/look';

const round = (value: number) => Math.round(value * 100) / 100;

/** The ring's 72 ticks as one path. */
const TICKS = TICK_MARKS.map(
  ({ from, to }) => `M${round(from.x)} ${round(from.y)}L${round(to.x)} ${round(to.y)}`,
).join('');

/**
 * The ring, and over it the lit ring. A mask shows the lit ring along two strokes that start at the top. The style
 * sheet animates the strokes.
 */
function ring(id: string): string {
  const [rx, ry] = [OVAL.rx + 11, OVAL.ry + 11];
  const half = (sweep: 0 | 1) =>
    `<path pathLength="1" d="M0 ${-ry}A${rx} ${ry} 0 0 ${sweep} 0 ${ry}" fill="none" stroke="#fff" stroke-width="20"/>`;
  return `<path class="ticks" d="${TICKS}"/>
<mask id="${id}" class="run" maskUnits="userSpaceOnUse" x="-140" y="-165" width="280" height="330">${half(1)}${half(0)}</mask>
<path class="ticks lit" d="${TICKS}" mask="url(#${id})"/>`;
}

type Line = readonly (readonly [number, number])[];

/** The left half of a face as lines through landmarks, in the units of the ring. The right half is its mirror image. */
const HALF_FACE: Readonly<Record<string, Line>> = {
  jaw: [
    [-67, -24],
    [-66, -4],
    [-63, 16],
    [-57, 36],
    [-47, 55],
    [-34, 70],
    [-18, 81],
    [0, 85],
  ],
  brow: [
    [-58, -44],
    [-49, -53],
    [-36, -57],
    [-24, -55],
    [-13, -49],
  ],
  eye: [
    [-50, -26],
    [-41, -34],
    [-28, -34],
    [-18, -25],
    [-28, -20],
    [-41, -20],
    [-50, -26],
  ],
  bridge: [
    [0, -28],
    [0, -14],
    [0, 0],
    [0, 14],
  ],
  nostril: [
    [-16, 23],
    [-8, 26],
    [0, 28],
  ],
  upperLip: [
    [-28, 50],
    [-17, 45],
    [-7, 42],
    [0, 44],
  ],
  lowerLip: [
    [-28, 50],
    [-18, 58],
    [-8, 62],
    [0, 63],
  ],
};

/** A face as its landmarks: points and the lines between them. */
function landmarks(): string {
  const halves = Object.values(HALF_FACE).flatMap((line) => [line, line.map(([x, y]) => [-x, y] as const)]);
  const lines = halves.map((line) => `M${line.map(([x, y]) => `${x} ${y}`).join('L')}`).join('');
  const points = new Set(halves.flatMap((line) => line.map(([x, y]) => `M${x} ${y}h0`)));
  const irises = [-34.5, 34.5].map((x) => `<circle cx="${x}" cy="-27" r="4.6"/>`).join('');
  return `<g class="landmarks"><path d="${lines}"/>${irises}<path class="points" d="${[...points].join('')}"/></g>`;
}

/** The picture on the welcome page: a face with landmarks within the ring. */
export function stageDrawing(): string {
  return `<svg class="face-drawing" viewBox="-200 -165 400 330" aria-hidden="true">
<ellipse class="oval" rx="${OVAL.rx}" ry="${OVAL.ry}"/>${landmarks()}${ring('evidence')}</svg>`;
}

const RING = '<ellipse cx="10" cy="12" rx="8" ry="10.4" pathLength="24"';

/** The ring alone, as the mark of the product. */
export function mark(): string {
  return `<svg class="mark" viewBox="0 0 20 24" aria-hidden="true">${RING}/></svg>`;
}

/** The mark as an SVG file, for the icon of the browser tab. */
export function markFile(): string {
  const look = 'fill="none" stroke="#0fa078" stroke-width="3" stroke-dasharray=".4 .6"';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 0 24 24">${RING} ${look}/></svg>`;
}

/** The ring with all ticks lit, for a completed step. */
export function sealDrawing(icon: string): string {
  return `<div class="seal" aria-hidden="true"><svg viewBox="-120 -150 240 300">
<ellipse class="oval" rx="${OVAL.rx}" ry="${OVAL.ry}"/>${ring('seal')}</svg>${icon}</div>`;
}
