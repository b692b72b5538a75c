import type { RgbImage } from '../../../server/vision/image.ts';

/** Pose of a sheet of paper or a screen before a camera: angles in radians, lengths in picture widths. */
export interface Hold {
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
  readonly right: number;
  readonly down: number;
  readonly away: number;
  /** Distance of the sheet's side edges before or behind its centre. */
  readonly bend: number;
}

/** Focal length divided by the picture's width: a webcam with a horizontal field of view of about 58°. */
const FOCAL = 0.9;
/** Width of the sheet, held straight, divided by the picture's width. */
const SHEET = 0.95;
const BEND_ITERATIONS = 3;

/**
 * Renders `sheet` into `out`, held as `hold` states before a plain wall of brightness `wall`. The intersection of a ray
 * with the bent sheet is found by fixed-point iteration that starts at the flat sheet.
 */
export function photographSheet(sheet: RgbImage, hold: Hold, out: RgbImage, wall: number): void {
  const { width, height } = out;
  const [cy, sy] = [Math.cos(hold.yaw), Math.sin(hold.yaw)];
  const [cp, sp] = [Math.cos(hold.pitch), Math.sin(hold.pitch)];
  const [cr, sr] = [Math.cos(hold.roll), Math.sin(hold.roll)];
  // Columns of yaw · pitch · roll: the sheet's right, down and normal vectors in camera coordinates, which are
  // orthonormal.
  const rightX = cy * cr + sy * sp * sr;
  const rightY = cp * sr;
  const rightZ = -sy * cr + cy * sp * sr;
  const downX = -cy * sr + sy * sp * cr;
  const downY = cp * cr;
  const downZ = sy * sr + cy * sp * cr;
  const normalX = sy * cp;
  const normalY = -sp;
  const normalZ = cy * cp;
  const centreZ = FOCAL + hold.away;
  const aspect = sheet.height / sheet.width;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const dx = (column + 0.5 - width / 2) / width / FOCAL;
      const dy = (row + 0.5 - height / 2) / width / FOCAL;
      const slope = dx * normalX + dy * normalY + normalZ;
      const base = hold.right * normalX + hold.down * normalY + centreZ * normalZ;
      let lift = 0;
      let u = 0;
      let v = 0;
      for (let i = 0; i < (hold.bend === 0 ? 1 : BEND_ITERATIONS); i++) {
        const t = (base + lift) / slope;
        const x = t * dx - hold.right;
        const y = t * dy - hold.down;
        const z = t - centreZ;
        u = (x * rightX + y * rightY + z * rightZ) / SHEET;
        v = (x * downX + y * downY + z * downZ) / SHEET;
        lift = hold.bend * 4 * u * u;
      }
      const at = 3 * (row * width + column);
      const px = (u + 0.5) * sheet.width - 0.5;
      const py = (v / aspect + 0.5) * sheet.height - 0.5;
      if (px < 0 || py < 0 || px >= sheet.width - 1 || py >= sheet.height - 1) {
        const shade = wall * (0.8 + (0.2 * column) / width);
        out.data[at] = shade;
        out.data[at + 1] = shade;
        out.data[at + 2] = shade;
        continue;
      }
      const x0 = px | 0;
      const y0 = py | 0;
      const fx = px - x0;
      const fy = py - y0;
      const from = 3 * (y0 * sheet.width + x0);
      const below = from + 3 * sheet.width;
      for (let channel = 0; channel < 3; channel++) {
        const top = sheet.data[from + channel] * (1 - fx) + sheet.data[from + 3 + channel] * fx;
        const bottom = sheet.data[below + channel] * (1 - fx) + sheet.data[below + 3 + channel] * fx;
        out.data[at + channel] = top * (1 - fy) + bottom * fy;
      }
    }
  }
}
