import type { RgbImage } from '../../server/vision/image.ts';
import { drawBackdrop } from '../drawing/backdrop.ts';
import { Camera } from '../drawing/camera.ts';
import type { Performance } from '../index.ts';
import { progressOf, sway } from '../acting/motion.ts';
import { drawGrid, insideTexture, type Canvas, type TexturedMesh } from '../drawing/rasterize.ts';
import { rotationOf } from '../drawing/rotation.ts';
import { hash32 } from '../seeded.ts';
import type { Performer } from '../acting/performer.ts';

/** How a flat thing is held in front of the camera. */
export interface Holding {
  /** Sway of a hand that holds still is 1; 0 for a stand. */
  readonly sway: number;
  /** Deepest bend about the vertical axis, as a share of the width. */
  readonly bend: number;
  /** The thing's width as a share of the picture's. */
  readonly share: number;
}

/** What the thing shows at an instant. Its own picture changes only where it is a screen or has holes. */
export type Surface = (performances: readonly Performance[], atMs: number) => RgbImage;

/** How the thing is moved when it answers: further than a head would, as far as a face is still found in it. */
const ANSWERS: Readonly<Partial<Record<Performance['action'], Partial<Pose>>>> = {
  'turn-left': { yawDeg: 48 },
  'turn-right': { yawDeg: -48 },
  'look-up': { pitchDeg: -38 },
  'look-down': { pitchDeg: 38 },
  'come-closer': { toward: 0.22 },
};
interface Pose {
  readonly yawDeg: number;
  readonly pitchDeg: number;
  /** Toward the camera, in focal lengths. */
  readonly toward: number;
}

const COLUMNS = 16;
const ROWS = 12;
const FOCAL_SHARE = 0.9;

/**
 * A flat thing in front of a wall, held in a hand, bent and moved to answer what a movement of the whole can answer.
 * `rows` of the surface are where a plane seen through a pinhole puts them.
 */
export function flatPerformer(surface: Surface, holding: Holding, seed: number): Performer {
  const camera = new Camera(seed);
  let backdrop: Uint8Array | null = null;
  return {
    async frameAt(performances, atMs) {
      const texture = surface(performances, atMs);
      const { width, height } = texture;
      backdrop ??= drawBackdrop(width, height, hash32(seed, 7));
      const canvas: Canvas = { data: backdrop.slice(), width, height };
      drawSheet(texture, holding, performances, hash32(seed, 6), atMs, canvas);
      return await camera.take(canvas, atMs);
    },
  };
}

function drawSheet(
  texture: RgbImage,
  { sway: swaying, bend: bending, share }: Holding,
  performances: readonly Performance[],
  seed: number,
  atMs: number,
  canvas: Canvas,
): void {
  const { width, height } = canvas;
  const pose = { yawDeg: 0, pitchDeg: 0, toward: 0 };
  for (const performance of performances) {
    const amount = progressOf(performance, atMs) * performance.strength;
    const answer = ANSWERS[performance.action] ?? {};
    pose.yawDeg += amount * (answer.yawDeg ?? 0);
    pose.pitchDeg += amount * (answer.pitchDeg ?? 0);
    pose.toward += amount * (answer.toward ?? 0);
  }
  const wave = (channel: number, amplitude: number) => swaying * sway(seed, channel, atMs, amplitude);
  const [a, b, c, d, e, f, g, h, i] = rotationOf({
    yawDeg: pose.yawDeg + wave(0, 2),
    pitchDeg: pose.pitchDeg + wave(1, 1.5),
    rollDeg: wave(2, 1.2),
  });
  const focal = FOCAL_SHARE * width;
  const right = wave(3, 0.008 * width);
  const down = wave(4, 0.006 * width);
  const away = wave(5, 0.012 * width) - pose.toward * focal;
  const bend = bending * width * (0.6 + 0.4 * sway(seed, 6, 2 * atMs, 1));
  const vertices = (COLUMNS + 1) * (ROWS + 1);
  const mesh: TexturedMesh = { xy: new Float32Array(2 * vertices), uv: new Float32Array(2 * vertices) };
  for (let row = 0; row <= ROWS; row++) {
    for (let column = 0; column <= COLUMNS; column++) {
      const vertex = row * (COLUMNS + 1) + column;
      const across = (2 * column) / COLUMNS - 1;
      const x = (share * across * width) / 2;
      const y = share * (row / ROWS - 0.5) * height;
      const z = bend * across * across;
      const scale = focal / (focal + away + g * x + h * y + i * z);
      mesh.xy[2 * vertex] = width / 2 + (a * x + b * y + c * z + right) * scale;
      mesh.xy[2 * vertex + 1] = height / 2 + (d * x + e * y + f * z + down) * scale;
      mesh.uv[2 * vertex] = insideTexture((texture.width * column) / COLUMNS, texture.width);
      mesh.uv[2 * vertex + 1] = insideTexture((texture.height * row) / ROWS, texture.height);
    }
  }
  drawGrid(canvas, texture, mesh, ROWS, COLUMNS);
}
