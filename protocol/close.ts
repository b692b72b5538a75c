/** Close codes that are not errors. The close codes of errors are in `errors.ts`. */
export const CLOSE = {
  /** The session ended normally: a decision was sent, or the client sent `bye`. */
  done: 1000,
} as const;
