/** Wrong usage or missing data. The command prints the message as one line. */
export class TrainError extends Error {
  override readonly name = 'TrainError';
}
