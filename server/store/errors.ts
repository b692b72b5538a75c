/** The closed set of store error codes, each with one plain sentence that carries no subject and no secret. */
export const STORE_ERRORS = {
  'store.unavailable': 'The store cannot be reached or is closed.',
  'store.corrupt': 'Stored data is damaged or was tampered with.',
  'store.key_mismatch': 'The master key does not belong to this store.',
  'store.busy': 'Another process has locked the store.',
  'store.full': 'The store has no room left.',
  'store.newer_schema': 'The store was written by a newer version.',
  'store.invalid': 'The data cannot be stored as given.',
} as const;

export type StoreErrorCode = keyof typeof STORE_ERRORS;

/** An error of the store with a stable code. `message` is the table's sentence, then `detail` if there is one. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;
  readonly detail: string | undefined;

  constructor(code: StoreErrorCode, detail?: string, options?: ErrorOptions) {
    super(detail === undefined ? STORE_ERRORS[code] : `${STORE_ERRORS[code]} ${detail}`, options);
    this.code = code;
    this.detail = detail;
  }
}
