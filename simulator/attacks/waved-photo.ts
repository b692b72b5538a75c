import { drawBackdrop } from '../drawing/backdrop.ts';
import { Camera } from '../drawing/camera.ts';
import { progressOf, planPerformance, sway, type Performance } from '../acting/motion.ts';
import type { Portrait } from '../portraits/portrait.ts';
import type { Presenter, ShownStatus } from '../presenter.ts';
import { drawGrid, insideTexture, type Canvas, type TexturedMesh } from '../drawing/rasterize.ts';
import { rotationOf } from '../drawing/rotation.ts';
import { hash32, seededDraws } from '../seeded.ts';

const COLUMNS = 16;
const ROWS = 12;
const FOCAL_SHARE = 0.9;
/** Paper's share of the picture. */
const PAPER_SHARE = 0.92;

export interface Waving {
  /** How far the paper is turned when a turn is asked for. */
  readonly turnDeg?: number;
  /** Depth of the bend that comes and goes, as a share of the picture's width. */
  readonly bendShare?: number;
  /** Depth of a bend that stays: the paper is held as half a pipe. */
  readonly pipeShare?: number;
}

/**
 * A printed photo waved and bent in front of the camera, and turned to the side when a turn is asked for: everything
 * a flat picture can do.
 */
export function wavedPhoto(
  portrait: Portrait,
  seed: number,
  { turnDeg: fullTurnDeg = 30, bendShare = 0.09, pipeShare = 0 }: Waving = {},
): Presenter {
  const { image } = portrait;
  const { width, height } = image;
  const camera = new Camera(seed);
  const draw = seededDraws(hash32(seed, 5));
  const wave = hash32(seed, 6);
  const backdrop = drawBackdrop(width, height, hash32(seed, 7));
  const canvas: Canvas = { data: new Uint8Array(backdrop.length), width, height };
  const mesh: TexturedMesh = {
    xy: new Float32Array(2 * (COLUMNS + 1) * (ROWS + 1)),
    uv: new Float32Array(2 * (COLUMNS + 1) * (ROWS + 1)),
  };
  const answers: Performance[] = [];
  let challenge: string | null = null;

  const place = (atMs: number) => {
    let turnDeg = 0;
    for (const answer of answers) {
      turnDeg += progressOf(answer, atMs) * (answer.action === 'turn-left' ? fullTurnDeg : -fullTurnDeg);
    }
    const [a, b, c, d, e, f, g, h, i] = rotationOf({
      yawDeg: turnDeg + sway(wave, 0, atMs * 2, 13),
      pitchDeg: sway(wave, 1, atMs * 2, 9),
      rollDeg: sway(wave, 2, atMs * 2, 6),
    });
    const right = sway(wave, 3, atMs * 2, 0.04 * width);
    const down = sway(wave, 4, atMs * 2, 0.03 * width);
    const away = sway(wave, 5, atMs * 2, 0.06 * width);
    const bend = pipeShare * width + sway(wave, 6, atMs * 2, bendShare * width);
    const focal = FOCAL_SHARE * width;
    for (let row = 0; row <= ROWS; row++) {
      for (let column = 0; column <= COLUMNS; column++) {
        const vertex = row * (COLUMNS + 1) + column;
        const across = (2 * column) / COLUMNS - 1;
        const x = (PAPER_SHARE * across * width) / 2;
        const y = PAPER_SHARE * (row / ROWS - 0.5) * height;
        const z = bend * across * across;
        const scale = focal / (focal + away + g * x + h * y + i * z);
        mesh.xy[2 * vertex] = width / 2 + (a * x + b * y + c * z + right) * scale;
        mesh.xy[2 * vertex + 1] = height / 2 + (d * x + e * y + f * z + down) * scale;
        mesh.uv[2 * vertex] = insideTexture((width * column) / COLUMNS, width);
        mesh.uv[2 * vertex + 1] = insideTexture((height * row) / ROWS, height);
      }
    }
  };

  return {
    onStatus(status: ShownStatus, atMs: number) {
      const asked = status.challenge;
      const shown = asked === undefined ? null : `${asked.number} ${asked.kind}`;
      if (asked !== undefined && shown !== challenge && asked.kind !== 'blink') {
        answers.push(planPerformance(asked.kind, atMs, answers.at(-1)?.endMs ?? -Infinity, draw));
      }
      challenge = shown;
    },
    async frameAt(atMs) {
      place(atMs);
      canvas.data.set(backdrop);
      drawGrid(canvas, image, mesh, ROWS, COLUMNS);
      return await camera.take(canvas, atMs);
    },
  };
}
