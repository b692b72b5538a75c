import { FACE_SESSION_ERRORS, type FaceSessionErrorCode } from '../../client/browser/sdk/errors.ts';
import { KIOSK_ERRORS } from '../../client/kiosk/errors.ts';
import { ERRORS, type ErrorCode, type ErrorEntry } from '../../protocol/errors.ts';
import { STORE_ERRORS, type StoreErrorCode } from '../../server/store/errors.ts';
import { BROWSER_ADVICE, ERROR_ADVICE, KIOSK_ADVICE, STORE_ADVICE } from './error-advice.ts';
import { table } from './table.ts';

const isServerCode = (code: FaceSessionErrorCode): code is ErrorCode => Object.hasOwn(ERRORS, code);
// Object.keys forgets the keys' type.
const keysOf = <Key extends string>(record: Readonly<Record<Key, unknown>>) => Object.keys(record) as Key[];

function endOf({ closeCode, httpStatus }: ErrorEntry): string {
  return closeCode === null ? `HTTP ${httpStatus}` : `close ${closeCode}, HTTP ${httpStatus}`;
}

/** Every code of the protocol. */
export function errorTable(): string {
  return table(
    ['code', 'ends with', 'ask again', 'cause', 'what to do'],
    keysOf(ERRORS).map((code) => {
      const { means, todo } = ERROR_ADVICE[code];
      return [`\`${code}\``, endOf(ERRORS[code]), ERRORS[code].retry, means, todo];
    }),
  );
}

/** The codes that the browser SDK adds. */
export function browserErrorTable(): string {
  return table(
    ['code', 'ask again', 'it means', 'what to do'],
    keysOf(FACE_SESSION_ERRORS).flatMap((code) =>
      isServerCode(code)
        ? []
        : [
            [
              `\`${code}\``,
              FACE_SESSION_ERRORS[code].retry,
              FACE_SESSION_ERRORS[code].message,
              BROWSER_ADVICE[code],
            ],
          ],
    ),
  );
}

/** The codes that the kiosk and its command add. */
export function kioskErrorTable(): string {
  return table(
    ['code', 'it means', 'what to do'],
    keysOf(KIOSK_ERRORS).map((code) => [`\`${code}\``, KIOSK_ERRORS[code].message, KIOSK_ADVICE[code]]),
  );
}

/** What the store says at the start, and in the log. */
export function storeErrorTable(): string {
  return table(
    ['code', 'it means', 'what to do'],
    keysOf<StoreErrorCode>(STORE_ERRORS).map((code) => [
      `\`${code}\``,
      STORE_ERRORS[code],
      STORE_ADVICE[code],
    ]),
  );
}
