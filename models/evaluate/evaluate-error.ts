/** Wrong usage or unusable data. A command prints the message as one line, without a stack trace. */
export class EvaluateError extends Error {
  override readonly name = 'EvaluateError';
}
