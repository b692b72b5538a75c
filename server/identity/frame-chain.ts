import { createHash, createPublicKey, type KeyObject, randomBytes, verify } from 'node:crypto';
import { chainLinkBytes, chainStartBytes, SIGNATURE_BYTES, signedBytes } from '../../protocol/frame-chain.ts';
import type { Frame } from '../../protocol/upstream.ts';

/** Bytes of an Ed25519 public key, and what precedes them in a SubjectPublicKeyInfo (RFC 8410, section 4). */
const PUBLIC_KEY_BYTES = 32;
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const KEY_ID_LENGTH = 22;
const NONCE_BYTES = 32;

/** The id of a kiosk's key: the first 132 bits of the SHA-256 of its 32 bytes, base64url. */
export function kioskKeyIdOf(publicKey: Uint8Array): string {
  return createHash('sha256').update(publicKey).digest('base64url').slice(0, KEY_ID_LENGTH);
}

/** @throws RangeError when it is no Ed25519 public key */
export function readKioskKey(publicKey: Uint8Array): KeyObject {
  if (publicKey.byteLength !== PUBLIC_KEY_BYTES) throw new RangeError('A public key has 32 bytes.');
  return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' });
}

/**
 * The chain of one session's frames as they arrived, against which a kiosk's signatures are checked. It holds no frame:
 * each costs two hashes, each signature one verification. A chain of another session, or one with a frame that was
 * changed, left out, repeated or put in by others, ends in another digest, so that no signature fits it.
 */
export class FrameChain {
  /** Base64url, for `welcome`: without it a chain that was recorded could be sent again. */
  readonly nonce = randomBytes(NONCE_BYTES).toString('base64url');
  readonly keyId: string;
  readonly #key: KeyObject;
  #digest: Buffer;
  #lastSeq = -1;

  /** @throws RangeError when it is no Ed25519 public key */
  constructor(sessionId: string, key: { readonly keyId: string; readonly publicKey: Uint8Array }) {
    this.keyId = key.keyId;
    this.#key = readKioskKey(key.publicKey);
    this.#digest = sha256(chainStartBytes(sessionId, this.nonce, key.keyId));
  }

  /** Takes the next frame in. Returns whether its signature fits: `unsigned` when it has none. */
  add(frame: Frame): 'unsigned' | 'signed' | 'broken' {
    this.#digest = sha256(chainLinkBytes(this.#digest, frame, sha256));
    this.#lastSeq = frame.seq;
    if (frame.signature === undefined) return 'unsigned';
    return this.fits(frame.signature) ? 'signed' : 'broken';
  }

  /** Whether this is the key's signature of the chain as it stands. */
  fits(signature: Uint8Array): boolean {
    if (signature.byteLength !== SIGNATURE_BYTES) return false;
    return verify(null, signedBytes(this.#digest), this.#key, signature);
  }

  /** Number of the last frame; -1 before the first. */
  get lastSeq(): number {
    return this.#lastSeq;
  }
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
