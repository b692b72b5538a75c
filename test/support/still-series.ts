import { CHALLENGE_KINDS, type ChallengeKind } from '../../protocol/status.ts';
import { HEAD_AT_REST, type HeadState } from '../../simulator/acting/head-state.ts';
import type { Performance } from '../../simulator/acting/motion.ts';
import { Camera } from '../../simulator/drawing/camera.ts';
import type { Canvas } from '../../simulator/drawing/rasterize.ts';
import { PersonDrawing } from '../../simulator/person/person.ts';
import type { Portrait } from '../../simulator/portraits/portrait.ts';
import type { Presenter } from '../../simulator/presenter.ts';

export interface StillSeriesOptions {
  readonly portrait: Portrait;
  readonly seed: number;
  /** How often another picture may be shown, per second. The frames between show the same one, with new noise. */
  readonly picturesPerSecond: number;
  /** Pictures between rest and the end of a gesture, for each gesture. Default 0. */
  readonly between?: number;
}

const REACTION_MS = 450;
/** How long the end of a gesture is shown, at least: longer than any gesture must be held. */
const HOLD_MS = 600;
const BLINK_MS = 120;

/**
 * Cheap injection: a few pictures made beforehand, of rest and of the end of each gesture. The picture that is asked
 * for is shown for a while, then rest again.
 */
export function stillSeries({
  portrait,
  seed,
  picturesPerSecond,
  between = 0,
}: StillSeriesOptions): Presenter {
  const camera = new Camera(seed);
  const drawing = new PersonDrawing(portrait, seed);
  const rest = drawing.stateAt([], 0);
  const pictures = new Map(
    CHALLENGE_KINDS.map((kind) => [kind, series(drawing, portrait, rest, kind, between)]),
  );
  const atRest = picture(drawing, portrait, rest);
  const tickMs = 1000 / picturesPerSecond;
  let asked: { readonly key: string; readonly kind: ChallengeKind; readonly fromMs: number } | null = null;

  const pictureAt = (atMs: number): Canvas => {
    const tick = Math.floor(atMs / tickMs);
    if (asked === null) return atRest;
    const step = tick - Math.ceil(asked.fromMs / tickMs);
    const way = pictures.get(asked.kind) ?? [];
    const held = Math.ceil((asked.kind === 'blink' ? BLINK_MS : HOLD_MS) / tickMs);
    const course = [...way.slice(0, -1), ...Array.from({ length: held }, () => way[way.length - 1])];
    return [...course, ...way.slice(0, -1).toReversed()][step] ?? atRest;
  };

  return {
    frameAt: (atMs) => camera.take(pictureAt(atMs), atMs),
    onStatus({ challenge }, atMs) {
      const key = challenge === undefined ? null : `${challenge.number} ${challenge.kind}`;
      if (challenge === undefined || key === null) asked = null;
      else if (asked?.key !== key || atMs > asked.fromMs + 3 * HOLD_MS)
        asked = { key, kind: challenge.kind, fromMs: atMs + REACTION_MS };
    },
  };
}

/** The pictures of one gesture, its end last. */
function series(
  drawing: PersonDrawing,
  portrait: Portrait,
  rest: HeadState,
  kind: ChallengeKind,
  between: number,
): Canvas[] {
  const end: Performance = {
    action: kind,
    startMs: 0,
    riseMs: 1,
    holdMs: 1_000,
    fallMs: 1,
    endMs: 1_002,
    strength: 1,
  };
  const peak = drawing.stateAt([end], 500);
  const still = drawing.stateAt([], 500);
  return Array.from({ length: between + 1 }, (_, i) => {
    const share = (i + 1) / (between + 1);
    const keys = Object.keys(HEAD_AT_REST) as (keyof HeadState)[];
    const moved = keys.map((key) => [key, rest[key] + share * (peak[key] - still[key])] as const);
    return picture(drawing, portrait, Object.fromEntries(moved) as Record<keyof HeadState, number>);
  });
}

function picture(drawing: PersonDrawing, { image }: Portrait, state: HeadState): Canvas {
  const { width, height } = image;
  const canvas: Canvas = { data: Buffer.alloc(3 * width * height), width, height };
  drawing.drawState(state, 0, canvas);
  return canvas;
}
