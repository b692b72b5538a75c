/** Colours by pixel, three values each, and how much each of them counts. */
export interface Weighted {
  readonly width: number;
  readonly height: number;
  readonly colours: Float32Array;
  readonly weights: Float32Array;
}

/**
 * Fills what has no weight from its surroundings, smoothly (pull-push: Gortler et al., "The Lumigraph", SIGGRAPH 1996).
 * Changes `colours`; what has full weight stays. Both sides are halved until one is odd or below four pixels.
 */
export function fillGaps({ width, height, colours, weights }: Weighted): void {
  if (width < 4 || height < 4 || width % 2 === 1 || height % 2 === 1) {
    fillWithMean(colours, weights);
    return;
  }
  const [halfWidth, halfHeight] = [width / 2, height / 2];
  const half: Weighted = {
    width: halfWidth,
    height: halfHeight,
    colours: new Float32Array(3 * halfWidth * halfHeight),
    weights: new Float32Array(halfWidth * halfHeight),
  };
  for (let y = 0; y < halfHeight; y++) {
    for (let x = 0; x < halfWidth; x++) {
      const to = y * halfWidth + x;
      let total = 0;
      for (let corner = 0; corner < 4; corner++) {
        const pixel = (2 * y + (corner >> 1)) * width + 2 * x + (corner & 1);
        const weight = weights[pixel];
        total += weight;
        for (let channel = 0; channel < 3; channel++)
          half.colours[3 * to + channel] += weight * colours[3 * pixel + channel];
      }
      if (total > 0) for (let channel = 0; channel < 3; channel++) half.colours[3 * to + channel] /= total;
      half.weights[to] = Math.min(1, total);
    }
  }
  fillGaps(half);
  const coarse = half.colours;
  for (let y = 0; y < height; y++) {
    const above = Math.min(halfHeight - 1, Math.max(0, (y - 1) >> 1));
    const below = Math.min(halfHeight - 1, above + (y > 0 ? 1 : 0));
    const down = y % 2 === 1 ? 0.25 : 0.75;
    for (let x = 0; x < width; x++) {
      const pixel = y * width + x;
      const weight = Math.min(1, weights[pixel]);
      if (weight === 1) continue;
      const left = Math.min(halfWidth - 1, Math.max(0, (x - 1) >> 1));
      const right = Math.min(halfWidth - 1, left + (x > 0 ? 1 : 0));
      const across = x % 2 === 1 ? 0.25 : 0.75;
      for (let channel = 0; channel < 3; channel++) {
        const [upperRow, lowerRow] = [3 * above * halfWidth + channel, 3 * below * halfWidth + channel];
        const upper = coarse[upperRow + 3 * left] * (1 - across) + coarse[upperRow + 3 * right] * across;
        const lower = coarse[lowerRow + 3 * left] * (1 - across) + coarse[lowerRow + 3 * right] * across;
        const around = upper * (1 - down) + lower * down;
        colours[3 * pixel + channel] = weight * colours[3 * pixel + channel] + (1 - weight) * around;
      }
    }
  }
}

function fillWithMean(colours: Float32Array, weights: Float32Array): void {
  const sum = [0, 0, 0];
  let total = 0;
  for (let pixel = 0; pixel < weights.length; pixel++) {
    total += weights[pixel];
    for (let channel = 0; channel < 3; channel++)
      sum[channel] += weights[pixel] * colours[3 * pixel + channel];
  }
  if (total === 0) return;
  for (let pixel = 0; pixel < weights.length; pixel++) {
    const weight = Math.min(1, weights[pixel]);
    for (let channel = 0; channel < 3; channel++)
      colours[3 * pixel + channel] =
        weight * colours[3 * pixel + channel] + ((1 - weight) * sum[channel]) / total;
  }
}
