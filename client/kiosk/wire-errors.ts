import { ERRORS, type ErrorCode, isErrorCode } from '@veriframe/protocol';
import { KioskError } from './errors.ts';

/** The error for a socket that never opened. */
export function openingError(cause: Error): KioskError {
  const code = /subprotocol/i.test(cause.message) ? 'connection.incompatible' : 'connection.refused';
  // When all addresses of a host fail, the cause is an AggregateError with an empty message.
  const detail = cause.message === '' && 'code' in cause ? String(cause.code) : cause.message;
  return new KioskError(code, detail, { cause });
}

/** The error for a close code of the server. It is needed when the server's error message was lost. */
export function closeError(closeCode: number): KioskError {
  const code = CODE_OF_CLOSE.get(closeCode);
  if (code !== undefined) return new KioskError(code);
  return new KioskError('connection.lost', `Close code ${closeCode}.`);
}

const CODE_OF_CLOSE: ReadonlyMap<number, ErrorCode> = new Map(
  Object.keys(ERRORS)
    .filter(isErrorCode)
    .flatMap((code) => {
      const { closeCode } = ERRORS[code];
      return closeCode === null ? [] : [[closeCode, code] as const];
    }),
);
