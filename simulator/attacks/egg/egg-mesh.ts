import { rotationOf } from '../../drawing/rotation.ts';
import { drawTriangle, insideTexture, type Canvas, type TexturedMesh } from '../../drawing/rasterize.ts';
import type { RgbImage } from '../../../server/vision/image.ts';
import type { FaceEllipse } from './face-outline.ts';

/** The ellipsoid's half axes across and along, as shares of the face ellipse's. */
const EGG_SHARE = 1.15;
/** Where nothing moves any more. */
const STILL_SHARE = 1.35;
const DIRECTIONS = 56;
/** Rings inside the ellipsoid, closer to each other toward its rim, and in the zone that is blended out. */
const INNER_RINGS = 11;
const OUTER_RINGS = 4;

/** What lies on the egg beside its plain shape. */
export interface EggShape {
  /** `head`: hair and jaw lie in the zone too, which reaches farther up than to the sides. Default `ellipse`. */
  readonly zone?: 'ellipse' | 'head';
  /** Height of a nose's bump as a share of the face's half width. Default 0. */
  readonly noseShare?: number;
}

/** How the egg is turned, and how the whole picture is shifted and enlarged. */
export interface EggPose {
  readonly yawDeg: number;
  readonly pitchDeg: number;
  readonly rollDeg: number;
  readonly rightPx: number;
  readonly downPx: number;
  /** 1 leaves the size. */
  readonly zoom: number;
}

/** The camera's distance in half widths of the face: somebody at arm's length. */
const FOCAL_FACES = 6;
/** Of a nose's bump, as shares of the face ellipse: where it is and how wide. */
const NOSE = { down: 0.12, halfWidth: 0.3, halfHeight: 0.34 };
/** Reach of a head-shaped zone up, to the sides and down, in face ellipses. */
const HEAD_REACH = { up: 1.55, aside: 1.22, down: 1.12 };

/** One photograph displaced as if a face's ellipse lay on an ellipsoid about as deep as it is half wide. */
export class EggMesh {
  readonly #face: FaceEllipse;
  readonly #rest: Float32Array;
  readonly #weights: Float32Array;
  readonly #mesh: TexturedMesh;
  readonly #corners: TexturedMesh;

  constructor(photo: RgbImage, face: FaceEllipse, { zone = 'ellipse', noseShare = 0 }: EggShape = {}) {
    this.#face = face;
    const rings = INNER_RINGS + OUTER_RINGS;
    const count = 1 + rings * DIRECTIONS;
    this.#rest = new Float32Array(3 * count);
    this.#weights = new Float32Array(count).fill(1);
    const uv = new Float32Array(2 * count);
    const place = (vertex: number, x: number, y: number, r: number) => {
      const dome = Math.sqrt(Math.max(0, 1 - (r / EGG_SHARE) ** 2));
      const nose = Math.hypot(
        x / (NOSE.halfWidth * face.halfWidth),
        (y / face.halfHeight - NOSE.down) / NOSE.halfHeight,
      );
      this.#rest.set([x, y, -face.halfWidth * (dome + noseShare * Math.exp(-nose * nose))], 3 * vertex);
      this.#weights[vertex] = r <= EGG_SHARE ? 1 : (STILL_SHARE - r) / (STILL_SHARE - EGG_SHARE);
      uv[2 * vertex] = insideTexture(face.x + x, photo.width);
      uv[2 * vertex + 1] = insideTexture(face.y + y, photo.height);
    };
    place(0, 0, 0, 0);
    for (let ring = 0; ring < rings; ring++) {
      const r =
        ring < INNER_RINGS
          ? EGG_SHARE * Math.sin((Math.PI / 2) * ((ring + 1) / INNER_RINGS))
          : EGG_SHARE + ((STILL_SHARE - EGG_SHARE) * (ring - INNER_RINGS + 1)) / OUTER_RINGS;
      for (let direction = 0; direction < DIRECTIONS; direction++) {
        const angle = (2 * Math.PI * direction) / DIRECTIONS;
        const [dx, dy] = [Math.cos(angle), Math.sin(angle)];
        const reach = zone === 'head' ? headReach(dx, dy) : 1;
        const vertex = 1 + ring * DIRECTIONS + direction;
        place(vertex, dx * r * reach * face.halfWidth, dy * r * reach * face.halfHeight, r);
      }
    }
    this.#mesh = { xy: new Float32Array(2 * count), uv };
    const [right, bottom] = [photo.width - 2, photo.height - 2];
    this.#corners = {
      xy: new Float32Array(8),
      uv: Float32Array.of(1.5, 1.5, right, 1.5, 1.5, bottom, right, bottom),
    };
  }

  /** Number of points whose places `draw` can shift. */
  get points(): number {
    return this.#weights.length;
  }

  /** Draws the whole picture. `shifts` moves each point by (x, y) pixels besides. */
  draw(photo: RgbImage, pose: EggPose, canvas: Canvas, shifts: Float32Array | null = null): void {
    this.#drawPicture(photo, pose, canvas);
    this.#place(pose, shifts);
    // From the outside in: the middle lies nearest, and what has turned away lies under it.
    for (let ring = INNER_RINGS + OUTER_RINGS - 2; ring >= 0; ring--) {
      for (let direction = 0; direction < DIRECTIONS; direction++) {
        const a = 1 + ring * DIRECTIONS + direction;
        const b = 1 + ring * DIRECTIONS + ((direction + 1) % DIRECTIONS);
        drawTriangle(canvas, photo, this.#mesh, a, a + DIRECTIONS, b);
        drawTriangle(canvas, photo, this.#mesh, b, a + DIRECTIONS, b + DIRECTIONS);
      }
    }
    for (let direction = 0; direction < DIRECTIONS; direction++) {
      drawTriangle(canvas, photo, this.#mesh, 0, 1 + direction, 1 + ((direction + 1) % DIRECTIONS));
    }
  }

  #place({ yawDeg, pitchDeg, rollDeg, rightPx, downPx, zoom }: EggPose, shifts: Float32Array | null): void {
    const [a, b, c, d, e, f, g, h, i] = rotationOf({ yawDeg, pitchDeg, rollDeg });
    const { x: middleX, y: middleY } = this.#face;
    const { xy } = this.#mesh;
    for (let vertex = 0; vertex < this.#weights.length; vertex++) {
      const x = this.#rest[3 * vertex];
      const y = this.#rest[3 * vertex + 1];
      const z = this.#rest[3 * vertex + 2];
      const weight = this.#weights[vertex];
      const shiftX = shifts === null ? 0 : weight * shifts[2 * vertex];
      const shiftY = shifts === null ? 0 : weight * shifts[2 * vertex + 1];
      // What comes nearer grows: at rest it is as in the photograph.
      const near =
        (FOCAL_FACES * this.#face.halfWidth + z) /
        (FOCAL_FACES * this.#face.halfWidth + g * x + h * y + i * z);
      const right = near * (a * x + b * y + c * z) - x;
      const down = near * (d * x + e * y + f * z) - y;
      xy[2 * vertex] = middleX + rightPx + zoom * (x + weight * right + shiftX);
      xy[2 * vertex + 1] = middleY + downPx + zoom * (y + weight * down + shiftY);
    }
  }

  /** The picture as a whole, enlarged about the face. Where a shift uncovers its border, it stays unshifted. */
  #drawPicture(photo: RgbImage, { rightPx, downPx, zoom }: EggPose, canvas: Canvas): void {
    canvas.data.set(photo.data);
    if (zoom === 1 && rightPx === 0 && downPx === 0) return;
    const { x, y } = this.#face;
    const { xy, uv } = this.#corners;
    for (let corner = 0; corner < 4; corner++) {
      xy[2 * corner] = x + rightPx + zoom * (uv[2 * corner] - x);
      xy[2 * corner + 1] = y + downPx + zoom * (uv[2 * corner + 1] - y);
    }
    drawTriangle(canvas, photo, this.#corners, 0, 1, 2);
    drawTriangle(canvas, photo, this.#corners, 1, 3, 2);
  }
}

/** How far a head-shaped zone reaches in a direction, in face ellipses. */
function headReach(dx: number, dy: number): number {
  const along = dy < 0 ? HEAD_REACH.up : HEAD_REACH.down;
  return 1 / Math.hypot(dx / HEAD_REACH.aside, dy / along);
}
