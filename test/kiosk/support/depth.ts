import sharp from 'sharp';
import type { DepthImage } from '../../../protocol/depth-image.ts';

/** The depth of a wall, or of a slope where `slopeMm` is not zero, in millimetres. */
export function wall({ width = 64, height = 48, mm = 700, slopeMm = 0 } = {}): DepthImage {
  const data = Buffer.alloc(2 * width * height);
  for (let at = 0; at < width * height; at += 1) data.writeUInt16LE(mm + slopeMm * (at % width), 2 * at);
  return { width, height, data };
}

/** A PNG of 16 bits with these millimetres. */
export function depthPng({ width, height, data }: DepthImage): Promise<Buffer> {
  const values = Uint16Array.from({ length: width * height }, (_, at) =>
    new DataView(data.buffer, data.byteOffset).getUint16(2 * at, true),
  );
  return sharp(values, { raw: { width, height, channels: 1 } })
    .toColourspace('grey16')
    .png()
    .toBuffer();
}
