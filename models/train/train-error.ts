/** Wrong usage, or data that is not there: the message is for the person at the terminal. */
export class TrainError extends Error {
  override readonly name = 'TrainError';
}
