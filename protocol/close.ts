/** Closes that are not errors. Codes of errors stand in `errors.ts`. */
export const CLOSE = {
  /** The session ended as it should: a decision was sent, or the client said bye. */
  done: 1000,
} as const;
