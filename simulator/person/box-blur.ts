/** Values of a picture, `channels` for each pixel. */
export interface Values {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** Replaces each value by the mean over the square that reaches `radius` pixels from it; the edge's values go on beyond it. */
export function boxBlur({ data, width, height, channels }: Values, radius: number): void {
  const rows = new Float32Array(data.length);
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < height; row++)
      averageLine(data, rows, row * width * channels + channel, width, channels, radius);
    for (let column = 0; column < width; column++)
      averageLine(rows, data, column * channels + channel, height, width * channels, radius);
  }
}

function averageLine(
  from: Float32Array,
  to: Float32Array,
  start: number,
  length: number,
  step: number,
  radius: number,
): void {
  const end = start + (length - 1) * step;
  let sum = (radius + 1) * from[start];
  for (let k = 1; k <= radius; k++) sum += from[Math.min(end, start + k * step)];
  for (let at = start; at <= end; at += step) {
    to[at] = sum / (2 * radius + 1);
    sum += from[Math.min(end, at + (radius + 1) * step)] - from[Math.max(start, at - radius * step)];
  }
}
