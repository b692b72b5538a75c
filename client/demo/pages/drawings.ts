import { OVAL, TICK_MARKS } from '../../element/ring.ts';

const round = (value: number) => Math.round(value * 100) / 100;

/** The ring's 72 ticks as one path. */
const TICKS = TICK_MARKS.map(
  ({ from, to }) => `M${round(from.x)} ${round(from.y)}L${round(to.x)} ${round(to.y)}`,
).join('');

/**
 * The ring, and over it the ring again, lit: seen as far as two strokes have run down from the top. The style sheet
 * runs them.
 */
function ring(id: string): string {
  const [rx, ry] = [OVAL.rx + 11, OVAL.ry + 11];
  const half = (sweep: 0 | 1) =>
    `<path pathLength="1" d="M0 ${-ry}A${rx} ${ry} 0 0 ${sweep} 0 ${ry}" fill="none" stroke="#fff" stroke-width="20"/>`;
  return `<path class="ticks" d="${TICKS}"/>
<mask id="${id}" class="run" maskUnits="userSpaceOnUse" x="-140" y="-165" width="280" height="330">${half(1)}${half(0)}</mask>
<path class="ticks lit" d="${TICKS}" mask="url(#${id})"/>`;
}

/** A head as lines of longitude and latitude, turned a little to the side. */
function head(): string {
  const { rx, ry } = { rx: OVAL.rx * 0.62, ry: OVAL.ry * 0.66 };
  const turned = 0.32;
  const longitudes = [-60, -30, 0, 30, 60].map((degrees) => {
    const x = round(rx * Math.sin((degrees * Math.PI) / 180 + turned));
    return `<path d="M0 ${-ry}A${Math.abs(x)} ${ry} 0 0 ${x < 0 ? 0 : 1} 0 ${ry}"/>`;
  });
  const latitudes = [-50, -25, 0, 25, 50].map((degrees) => {
    const y = round(ry * Math.sin((degrees * Math.PI) / 180));
    const half = round(rx * Math.cos((degrees * Math.PI) / 180));
    return `<path d="M${-half} ${y}Q0 ${round(y + 9)} ${half} ${y}"/>`;
  });
  return `<g class="head"><ellipse rx="${rx}" ry="${ry}"/>${longitudes.join('')}${latitudes.join('')}</g>`;
}

/** The stage of the welcome page: the instrument at work, drawn. */
export function stageDrawing(): string {
  return `<svg class="instrument" viewBox="-200 -165 400 330" aria-hidden="true">
<ellipse class="oval" rx="${OVAL.rx}" ry="${OVAL.ry}"/>${head()}${ring('evidence')}</svg>`;
}

const RING = '<ellipse cx="10" cy="12" rx="8" ry="10.4" pathLength="24"';

/** The ring alone, as the product's mark. */
export function mark(): string {
  return `<svg class="mark" viewBox="0 0 20 24" aria-hidden="true">${RING}/></svg>`;
}

/** The mark as a file of its own, for the browser's tab. */
export function markFile(): string {
  const look = 'fill="none" stroke="#0fa078" stroke-width="3" stroke-dasharray=".4 .6"';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 0 24 24">${RING} ${look}/></svg>`;
}

/** The ring with every tick lit: it is done. */
export function sealDrawing(icon: string): string {
  return `<div class="seal" aria-hidden="true"><svg viewBox="-120 -150 240 300">
<ellipse class="oval" rx="${OVAL.rx}" ry="${OVAL.ry}"/>${ring('seal')}</svg>${icon}</div>`;
}
