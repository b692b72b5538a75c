/** A mistake of whoever called: shown as one line, without a stack. */
export class EvaluateError extends Error {
  override readonly name = 'EvaluateError';
}
