import { ERRORS, type ErrorCode } from '@veriframe/protocol';
import { isServerCode, KioskError } from './errors.ts';

/** Why a socket never opened. */
export function openingError(cause: Error): KioskError {
  const code = /subprotocol/i.test(cause.message) ? 'connection.incompatible' : 'connection.refused';
  // A host with several addresses fails with an AggregateError, whose message is empty.
  const detail = cause.message === '' && 'code' in cause ? String(cause.code) : cause.message;
  return new KioskError(code, detail, { cause });
}

/** What a close frame of the server means: its error message may have been lost on the way. */
export function closeError(closeCode: number): KioskError {
  const code = CODE_OF_CLOSE.get(closeCode);
  if (code !== undefined) return new KioskError(code);
  return new KioskError('connection.lost', `Close code ${closeCode}.`);
}

const CODE_OF_CLOSE: ReadonlyMap<number, ErrorCode> = new Map(
  Object.keys(ERRORS)
    .filter(isServerCode)
    .flatMap((code) => {
      const { closeCode } = ERRORS[code];
      return closeCode === null ? [] : [[closeCode, code] as const];
    }),
);
