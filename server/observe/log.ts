import { pino, type Logger } from 'pino';

export type { Logger };

/**
 * The logger of the process. May be logged: codes, counts, durations, sizes, session ids. May not be logged: pixels,
 * embeddings, scores, subject ids, tickets, tokens, keys. Errors are logged by code and message only.
 */
export function createLogger({ logLevel }: { readonly logLevel: string }): Logger {
  return pino({
    level: logLevel,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: [
      'ticket',
      'token',
      'subject',
      'embedding',
      'embeddings',
      'image',
      'score',
      '*.ticket',
      '*.token',
      '*.subject',
    ],
  });
}
