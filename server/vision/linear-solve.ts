/**
 * Solves a·x = b by Gaussian elimination with partial pivoting. `a` holds n × n numbers by rows; both are overwritten.
 * Returns null when the matrix is singular to working precision.
 */
function solveLinear(a: Float64Array, b: Float64Array): Float64Array | null {
  const n = b.length;
  let largest = 0;
  for (const value of a) largest = Math.max(largest, Math.abs(value));
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let row = column + 1; row < n; row++) {
      if (Math.abs(a[row * n + column]) > Math.abs(a[pivot * n + column])) pivot = row;
    }
    if (!(Math.abs(a[pivot * n + column]) > largest * 1e-13)) return null;
    for (let k = 0; k < n; k++) {
      const kept = a[column * n + k];
      a[column * n + k] = a[pivot * n + k];
      a[pivot * n + k] = kept;
    }
    const kept = b[column];
    b[column] = b[pivot];
    b[pivot] = kept;
    for (let row = column + 1; row < n; row++) {
      const factor = a[row * n + column] / a[column * n + column];
      for (let k = column; k < n; k++) a[row * n + k] -= factor * a[column * n + k];
      b[row] -= factor * b[column];
    }
  }
  for (let row = n - 1; row >= 0; row--) {
    for (let k = row + 1; k < n; k++) b[row] -= a[row * n + k] * b[k];
    b[row] /= a[row * n + row];
  }
  return b;
}

/**
 * Least squares by normal equations. Equations are added one by one: `coefficients`·x = `value`. Scale the unknowns to
 * about 1 first, because normal equations square the condition number, which halves the precise digits.
 */
export class LeastSquares {
  readonly #n: number;
  readonly #matrix: Float64Array;
  readonly #right: Float64Array;

  constructor(unknowns: number) {
    this.#n = unknowns;
    this.#matrix = new Float64Array(unknowns * unknowns);
    this.#right = new Float64Array(unknowns);
  }

  add(coefficients: readonly number[], value: number): void {
    for (let i = 0; i < this.#n; i++) {
      for (let j = 0; j < this.#n; j++) this.#matrix[i * this.#n + j] += coefficients[i] * coefficients[j];
      this.#right[i] += coefficients[i] * value;
    }
  }

  /** Null when the equations do not determine all unknowns. */
  solve(): Float64Array | null {
    return solveLinear(this.#matrix.slice(), this.#right.slice());
  }
}
