import { LANDMARK_SCALE, type FaceReading } from '@veriframe/protocol';
import { followPictures } from '@veriframe/browser';
import { colourOf } from './charts.ts';

declare const FACE_MESH_EDGES: readonly number[];
declare const FACE_MESH_CONTOURS: readonly number[];

/** Most pictures that wait for their analysis: more than one second of video. */
const MOST_PICTURES = 40;
/** Mesh index of the tip of the nose, the origin of the axes. */
const NOSE_TIP = 4;
/** Mesh indices of the outermost points of the cheeks. Their distance sets the length of the axes. */
const CHEEKS = [234, 454] as const;

interface AnalysedFrame {
  readonly capturedAtMs: number;
  readonly width: number;
  readonly height: number;
  readonly landmarks: Uint8Array | null;
  readonly face: FaceReading | null;
}

/** A mesh point in pixels of the canvas. */
interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Shows the pictures of the camera with their analysis. Each picture is kept until its analysis arrives, and both are
 * drawn together. The points thus lie on the picture in which they were measured.
 */
export class SeenPicture {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #pictures: { readonly atMs: number; readonly bitmap: ImageBitmap }[] = [];
  #stop: () => void = () => {};

  constructor(canvas: HTMLCanvasElement) {
    const context = canvas.getContext('2d');
    if (context === null) throw new TypeError('no canvas to draw on');
    this.#canvas = canvas;
    this.#context = context;
  }

  /** Starts to keep the pictures of `video`. */
  follow(video: HTMLVideoElement): void {
    this.stop();
    this.#context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#stop = followPictures(video, (pageTimeMs) => {
      if (video.videoWidth > 0) void this.#keep(video, performance.timeOrigin + pageTimeMs);
    });
  }

  /** Stops keeping pictures. The last drawn picture stays. */
  stop(): void {
    this.#stop();
    this.#stop = () => {};
    for (const { bitmap } of this.#pictures.splice(0)) bitmap.close();
  }

  draw(frame: AnalysedFrame): void {
    const bitmap = this.#take(frame.capturedAtMs);
    if (bitmap === null) return;
    const { width, height } = bitmap;
    if (this.#canvas.width !== width || this.#canvas.height !== height)
      Object.assign(this.#canvas, { width, height });
    this.#context.drawImage(bitmap, 0, 0);
    bitmap.close();
    const points = frame.landmarks === null ? null : pointsOf(frame.landmarks, width, height);
    this.#canvas.dataset['points'] = String(points?.length ?? 0);
    if (points === null) return;
    drawMesh(this.#context, points);
    if (frame.face !== null) drawAxes(this.#context, points, frame.face);
  }

  async #keep(video: HTMLVideoElement, atMs: number): Promise<void> {
    try {
      this.#pictures.push({ atMs, bitmap: await createImageBitmap(video) });
    } catch {
      // The camera was closed in the meantime.
    }
    if (this.#pictures.length > MOST_PICTURES) this.#pictures.shift()?.bitmap.close();
  }

  /** The picture that was captured at that time, or null when it is gone. Older pictures are released. */
  #take(capturedAtMs: number): ImageBitmap | null {
    const found = this.#pictures.findIndex(({ atMs }) => Math.abs(atMs - capturedAtMs) < 1);
    if (found < 0) return null;
    const taken = this.#pictures.splice(0, found + 1);
    for (const { bitmap } of taken.slice(0, -1)) bitmap.close();
    return taken.at(-1)?.bitmap ?? null;
  }
}

/** Mesh points of a `look` message, in pixels of a picture of that size. */
function pointsOf(landmarks: Uint8Array, width: number, height: number): readonly Point[] {
  const view = new DataView(landmarks.buffer, landmarks.byteOffset, landmarks.byteLength);
  return Array.from({ length: landmarks.byteLength / 4 }, (_, point) => ({
    x: (view.getInt16(point * 4, true) / LANDMARK_SCALE) * width,
    y: (view.getInt16(point * 4 + 2, true) / LANDMARK_SCALE) * height,
  }));
}

function drawMesh(context: CanvasRenderingContext2D, points: readonly Point[]): void {
  const colour = colourOf('--mesh');
  context.lineJoin = 'round';
  context.strokeStyle = colour;
  context.globalAlpha = 0.4;
  context.lineWidth = 0.75;
  strokeEdges(context, points, FACE_MESH_EDGES);
  context.globalAlpha = 0.9;
  context.lineWidth = 1.25;
  strokeEdges(context, points, FACE_MESH_CONTOURS);
  context.globalAlpha = 0.95;
  context.fillStyle = colourOf('--mesh-point');
  context.beginPath();
  for (const { x, y } of points) {
    context.moveTo(x + 0.9, y);
    context.arc(x, y, 0.9, 0, 2 * Math.PI);
  }
  context.fill();
  context.globalAlpha = 1;
}

function strokeEdges(
  context: CanvasRenderingContext2D,
  points: readonly Point[],
  edges: readonly number[],
): void {
  context.beginPath();
  for (let at = 0; at + 1 < edges.length; at += 2) {
    const from = points[edges[at] ?? -1];
    const to = points[edges[at + 1] ?? -1];
    if (from === undefined || to === undefined) continue;
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
  }
  context.stroke();
}

const RAD = Math.PI / 180;

/**
 * Draws the axes of the head without perspective: to the side, down, and out of the face. Signs are those of the
 * server's `Pose`: yaw turns the nose toward image right, pitch down, roll clockwise.
 */
function drawAxes(context: CanvasRenderingContext2D, points: readonly Point[], face: FaceReading): void {
  const nose = points[NOSE_TIP];
  const [left, right] = CHEEKS.map((point) => points[point]);
  if (nose === undefined || left === undefined || right === undefined) return;
  const length = 0.62 * Math.hypot(right.x - left.x, right.y - left.y);
  const [yaw, pitch, roll] = [face.yawDeg * RAD, face.pitchDeg * RAD, face.rollDeg * RAD];
  const turned = (x: number, y: number) => ({
    x: x * Math.cos(roll) - y * Math.sin(roll),
    y: x * Math.sin(roll) + y * Math.cos(roll),
  });
  const axes = [
    { ...turned(Math.cos(yaw), Math.sin(yaw) * Math.sin(pitch)), colour: colourOf('--axis-aside') },
    { ...turned(0, Math.cos(pitch)), colour: colourOf('--axis-down') },
    { ...turned(Math.sin(yaw) * Math.cos(pitch), Math.sin(pitch)), colour: colourOf('--axis-out') },
  ];
  context.lineCap = 'round';
  for (const { x, y, colour } of axes) {
    context.strokeStyle = colour;
    context.lineWidth = 3;
    context.beginPath();
    context.moveTo(nose.x, nose.y);
    context.lineTo(nose.x + length * x, nose.y + length * y);
    context.stroke();
  }
  context.fillStyle = colourOf('--mesh-point');
  context.beginPath();
  context.arc(nose.x, nose.y, 3, 0, 2 * Math.PI);
  context.fill();
}
