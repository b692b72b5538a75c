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

/** What the operator does about an error that keeps the server from starting. */
const STORE_ADVICE: Readonly<Record<keyof typeof STORE_ERRORS, string>> = {
  'store.unavailable': 'See that its folder (VERIFRAME_DATA_DIR) exists, and that this user may write there.',
  'store.corrupt':
    'Start with another folder (VERIFRAME_DATA_DIR), or restore a backup: see docs/operate.md.',
  'store.key_mismatch':
    'Name the key that it was made with (VERIFRAME_MASTER_KEY_FILE or VERIFRAME_MASTER_KEY), or start with another ' +
    'folder (VERIFRAME_DATA_DIR).',
  'store.busy': 'End the program that holds it, such as a backup, and start again.',
  'store.full': 'Free some room on the disk of VERIFRAME_DATA_DIR, and start again.',
  'store.newer_schema': 'Start the version that wrote it, or a newer one.',
  'store.invalid': '',
};

/** The error as the operator reads it when the server does not start: what is wrong, and what to do. */
export function adviseOn({ code, message }: StoreError): string {
  return `${message} ${STORE_ADVICE[code]}`.trim();
}

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
