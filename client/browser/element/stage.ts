import { html, nothing, svg, type TemplateResult } from 'lit';
import { classMap } from 'lit/directives/class-map.js';
import type { ChallengeDrawing } from './challenge-drawings.ts';
import { icon, type IconName } from './icons.ts';
import { angleBetween, beadPath, OVAL, placeOval, pointOnRing, TICK_MARKS, tickLook } from './ring.ts';
import { drawingOf, isBreathing, isGuidance, lineOf, ringOf, type View } from './view.ts';

const ELLIPSE = `M0 ${-OVAL.ry}a${OVAL.rx} ${OVAL.ry} 0 1 1 -.01 0z`;
const SHADE = `M-9999-9999h19998v19998h-19998z${ELLIPSE}`;
/** Place of the lids: on the ring, at its top. */
const LIDS = pointOnRing(0, 13);
const EYES = [-19, 19];
/** Place of the mouth: on the ring, at its bottom. */
const MOUTH = pointOnRing(180, 12);

const BEAD_MS = 400;
const BEAD_STEPS = 24;

const ICON_OF: Readonly<Record<View['screen'], IconName | null>> = {
  start: 'face',
  permission: 'video',
  connecting: null,
  streaming: null,
  passed: 'check',
  failed: 'again',
  denied: 'cameraOff',
  offline: 'offline',
  error: 'alert',
};

/** The picture in its oval and the ring around it. Screen readers skip it; the caption says the same in words. */
export function stageTemplate(view: View): TemplateResult {
  const ring = ringOf(view);
  const drawing = drawingOf(view);
  const asks = view.screen === 'streaming' && isGuidance(lineOf(view));
  const shownIcon = ICON_OF[view.screen];
  return html`
    <div class="stage" part="stage" aria-hidden="true">
      <video part="video" muted playsinline tabindex="-1"></video>
      <svg part="ring" class=${classMap({ ring: true, breathing: isBreathing(view), asks })}>
        <g class="place">
          <path class="shade" d=${SHADE} fill-rule="evenodd"></path>
          <path class="oval" part="oval" d=${ELLIPSE}></path>
          <g class="ticks">
            ${TICK_MARKS.map(
              ({ angleDeg, from, to }) =>
                svg`<line class=${`tick ${tickLook(angleDeg, ring)}`} x1=${from.x} y1=${from.y} x2=${to.x} y2=${to.y}></line>`,
            )}
          </g>
          ${drawing?.lids === true ? lids() : nothing}
          ${drawing?.mouth === undefined ? nothing : mouth(drawing.mouth)}
          ${drawing?.grow === undefined ? nothing : svg`<path class="reach" d=${ELLIPSE}></path>`}
          <circle class="bead" part="bead" r="6.5"></circle>
        </g>
      </svg>
      ${shownIcon === null ? nothing : html`<div class="emblem">${icon(shownIcon)}</div>`}
      <slot name="stage"></slot>
    </div>
  `;
}

function lids(): TemplateResult {
  return svg`<g class="lids" transform="translate(${LIDS.x} ${LIDS.y})">
    ${EYES.map(
      (x) => svg`<g transform="translate(${x} 0)">
        <path class="lid-lower" d="M-12 0Q0 12.5 12 0"></path>
        <circle class="pupil" r="3.4"></circle>
        <path class="lid-upper" d="M-12 0Q0 -12.5 12 0"></path>
      </g>`,
    )}
  </g>`;
}

/** A mouth in place of the ring's lower arc, in the shape that the challenge asks for. */
function mouth(what: 'smile' | 'open'): TemplateResult {
  const lips = what === 'smile' ? 'M-30 -6Q0 20 30 -6' : 'M-18 0a18 8.5 0 1 1 36 0a18 8.5 0 1 1 -36 0z';
  return svg`<g transform="translate(${MOUTH.x} ${MOUTH.y})"><path class="mouth ${what}" d=${lips}></path></g>`;
}

/** The moving part of the stage. It is placed for the stage's size, and animated when the challenge drawing changes. */
export class StageMotion {
  readonly #root: ShadowRoot;
  #drawing: ChallengeDrawing | null = null;

  constructor(root: ShadowRoot) {
    this.#root = root;
    for (const [index, tick] of this.#ticks().entries()) {
      const angleDeg = TICK_MARKS[index]?.angleDeg ?? 0;
      tick.style.setProperty('--from-top', String(angleBetween(angleDeg, 0) / 180));
    }
  }

  /** Places the oval for a stage of this size in pixels. */
  resize(stage: { width: number; height: number }): void {
    const { cx, cy, scale } = placeOval(stage);
    const style = this.#find('.stage')?.style;
    style?.setProperty('--oval-x', `${cx}px`);
    style?.setProperty('--oval-y', `${cy}px`);
    style?.setProperty('--oval-scale', String(scale));
  }

  /** Moves the bead and the oval when the challenge drawing has changed. */
  follow(view: View): void {
    const drawing = drawingOf(view);
    if (drawing === this.#drawing) return;
    this.#drawing = drawing;
    this.#moveBead(drawing?.beadDeg);
    this.#find('.stage')?.style.setProperty('--oval-grow', String(drawing?.grow ?? 1));
  }

  #moveBead(toDeg: number | undefined): void {
    const bead = this.#find('.bead');
    if (bead === null) return;
    bead.classList.toggle('shown', toDeg !== undefined);
    if (toDeg === undefined) return;
    const path = beadPath(toDeg, BEAD_STEPS).map(({ x, y }) => `translate(${x}px, ${y}px)`);
    bead.style.transform = path.at(-1) ?? '';
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    bead.animate(
      path.map((transform) => ({ transform })),
      { duration: BEAD_MS, easing: 'ease-out' },
    );
  }

  #find(selector: string): (Element & ElementCSSInlineStyle & Animatable) | null {
    return this.#root.querySelector<HTMLElement>(selector);
  }

  #ticks(): NodeListOf<SVGLineElement> {
    return this.#root.querySelectorAll<SVGLineElement>('.tick');
  }
}
