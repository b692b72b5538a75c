/** Bands of the radial spectrum, each as wide as the others, up to half a cycle a pixel. */
export const SPECTRUM_BANDS = 8;
const TINY = 1e-9;

/**
 * The power of a square map by frequency: a logarithm of each band's share, and last how far the strongest frequency
 * of the upper half stands out of its band, as a logarithm. A screen's grid or a printer's raster is such a frequency.
 * `side` is a power of two; a Hann window keeps the edges out.
 */
export function radialSpectrum(map: Float32Array, side: number): number[] {
  const mean = map.reduce((sum, value) => sum + value, 0) / map.length;
  const window = Float64Array.from(
    { length: side },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / side),
  );
  const real = Float64Array.from(
    map,
    (value, i) => (value - mean) * window[i % side] * window[Math.floor(i / side)],
  );
  const imaginary = new Float64Array(map.length);
  for (let row = 0; row < side; row++) transform(real, imaginary, row * side, 1, side);
  for (let column = 0; column < side; column++) transform(real, imaginary, column, side, side);

  const power = Array.from({ length: SPECTRUM_BANDS }, () => 0);
  const count = Array.from({ length: SPECTRUM_BANDS }, () => 0);
  const strongest = Array.from({ length: SPECTRUM_BANDS }, () => 0);
  const folded = (i: number) => (i < side / 2 ? i : i - side);
  for (let i = 0; i < map.length; i++) {
    const radius = Math.hypot(folded(i % side), folded(Math.floor(i / side))) / (side / 2);
    const band = Math.floor(radius * SPECTRUM_BANDS);
    if (band >= SPECTRUM_BANDS) continue;
    const value = real[i] ** 2 + imaginary[i] ** 2;
    power[band] += value;
    count[band]++;
    strongest[band] = Math.max(strongest[band], value);
  }
  const total = power.reduce((sum, value) => sum + value, 0) + TINY;
  const peaks = power
    .map((value, band) => Math.log((strongest[band] + TINY) / (value / count[band] + TINY)))
    .slice(SPECTRUM_BANDS / 2);
  return [...power.map((value) => Math.log(value / total + TINY)), Math.max(...peaks)];
}

/**
 * The discrete Fourier transform in place, of `length` values from `start` on in steps of `step` (Cooley and Tukey).
 */
function transform(
  real: Float64Array,
  imaginary: Float64Array,
  start: number,
  step: number,
  length: number,
): void {
  const swap = (values: Float64Array, a: number, b: number) => {
    [values[a], values[b]] = [values[b], values[a]];
  };
  for (let i = 1, j = 0; i < length; i++) {
    let bit = length >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    swap(real, start + i * step, start + j * step);
    swap(imaginary, start + i * step, start + j * step);
  }
  for (let size = 2; size <= length; size <<= 1) {
    for (let k = 0; k < size / 2; k++) {
      const [cos, sin] = [Math.cos((-2 * Math.PI * k) / size), Math.sin((-2 * Math.PI * k) / size)];
      for (let block = k; block < length; block += size) {
        const a = start + block * step;
        const b = a + (size / 2) * step;
        const x = real[b] * cos - imaginary[b] * sin;
        const y = real[b] * sin + imaginary[b] * cos;
        real[b] = real[a] - x;
        imaginary[b] = imaginary[a] - y;
        real[a] += x;
        imaginary[a] += y;
      }
    }
  }
}
