/** A new WebAuthn key of a subject, as its registration showed it. */
export interface NewSubjectKey {
  /** Base64url. */
  readonly credentialId: string;
  /** COSE_Key (RFC 9052). */
  readonly publicKey: Uint8Array;
  /** The authenticator's count of signatures; 0 in those that do not count. */
  readonly counter: number;
  /** A copy of it is kept elsewhere, such as a passkey in the cloud of its maker. */
  readonly backedUp: boolean;
  readonly createdAtMs: number;
}

export interface SubjectKey extends NewSubjectKey {
  /** Null: it has not signed since its registration. */
  readonly lastUsedAtMs: number | null;
}

/**
 * The WebAuthn keys of subjects, encrypted at rest like references. A new one is stored with the accept of the session
 * that registered it (`NewDecision.registers`), and all of them are erased with their subject
 * (`ReferenceStore.eraseSubject`). Every method rejects with a `StoreError`; `store.corrupt` when a key does not open.
 */
export interface SubjectKeyStore {
  /** In order of registration. */
  ofSubject(tenant: string, subject: string): Promise<readonly SubjectKey[]>;
  /**
   * The user handle of a subject's keys, 32 bytes in base64url: a keyed hash, which says nothing of the subject. It is
   * always the same one, so that a device that makes another key for the subject drops the one before.
   */
  userHandle(tenant: string, subject: string): Promise<string>;
  /** Whether any subject of the tenant has the key. */
  isRegistered(tenant: string, credentialId: string): Promise<boolean>;
  /**
   * Notes that the key has signed. False, and nothing is noted, when the subject no longer has it, or when the counter
   * does not exceed the noted one, unless both are 0: then a copy of the key has signed before (WebAuthn, 7.2).
   */
  use(tenant: string, subject: string, credentialId: string, counter: number, atMs: number): Promise<boolean>;
  /** False when the subject does not have it. */
  remove(tenant: string, subject: string, credentialId: string): Promise<boolean>;
}

/** The public key that a kiosk signs its frames with. */
export interface KioskKey {
  /** Hash of the public key, so that the same key has the same id everywhere. */
  readonly keyId: string;
  /** The operator's word for the kiosk. */
  readonly name: string;
  /** Ed25519, 32 bytes (RFC 8032). */
  readonly publicKey: Uint8Array;
  readonly createdAtMs: number;
  /** Null: it is good. A revoked key stays on record and cannot be enrolled again. */
  readonly revokedAtMs: number | null;
}

/**
 * Keys of kiosks. They are public, and stored with a keyed hash, so that nobody enrols one by writing to the database.
 * Every method rejects with a `StoreError`; `store.corrupt` when a row was changed by others.
 */
export interface KioskKeyStore {
  /** False when the tenant has the key, be it revoked. */
  add(tenant: string, key: Omit<KioskKey, 'revokedAtMs'>): Promise<boolean>;
  /** Null when the tenant does not have it, or it was revoked. */
  find(tenant: string, keyId: string): Promise<KioskKey | null>;
  /** In order of enrolment, those that were revoked included. */
  list(tenant: string): Promise<readonly KioskKey[]>;
  /** False when the tenant does not have it, or it was revoked before. */
  revoke(tenant: string, keyId: string, atMs: number): Promise<boolean>;
}
