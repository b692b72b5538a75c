import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { type ChainedFrame, chainLinkBytes, chainStartBytes, signedBytes } from '@veriframe/protocol';
import { KioskError } from './errors.ts';

/** The chain over the frames that one session sends. */
export interface SignedChain {
  /** Takes the frame in. Returns the signature to send with it, or null: a later one covers it. */
  add(frame: ChainedFrame): Uint8Array | null;
  /** The signature that covers the last frames; null: they are covered. */
  end(): Uint8Array | null;
}

/** Signs the frames of sessions with the key of this kiosk. */
export interface FrameSigner {
  readonly keyId: string;
  /** @param nonce base64url, from the server's `welcome.chain` */
  open(sessionId: string, nonce: string): SignedChain;
}

/**
 * Every fourth frame is signed: the server waits for a signature before it accepts, which costs up to three frames, and
 * each costs it about .1 ms (Ed25519 on one core; `node --eval` of `crypto.verify`).
 */
const SIGN_EVERY_FRAMES = 4;
const KEY_ID_LENGTH = 22;
/** Ed25519 keys end with their 32 bytes (RFC 8410, section 4). */
const PUBLIC_KEY_BYTES = 32;

/** A new key of a kiosk: the private one as PEM (PKCS #8), the public one as base64url. */
export function generateKioskKey(): { readonly pem: string; readonly publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: bytesOf(publicKey).toString('base64url'),
  };
}

/**
 * A signer with the private key in `pem`.
 * @param everyFrames how many frames share a signature
 * @throws KioskError `key.unreadable` when it is no Ed25519 key
 */
export function frameSigner(pem: string, everyFrames: number = SIGN_EVERY_FRAMES): FrameSigner {
  const key = readKey(pem);
  const keyId = createHash('sha256')
    .update(bytesOf(createPublicKey(key)))
    .digest('base64url')
    .slice(0, KEY_ID_LENGTH);
  return {
    keyId,
    open: (sessionId, nonce) => openChain(key, chainStartBytes(sessionId, nonce, keyId), everyFrames),
  };
}

/**
 * Reads the file of a kiosk's key.
 * @throws KioskError `key.unreadable`
 */
export async function readSigner(path: string): Promise<FrameSigner> {
  const pem = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new KioskError('key.unreadable', `${path}.`, { cause });
  });
  return frameSigner(pem);
}

/** Writes a key for this user alone. Rejects when the file is there: a key is never overwritten. */
export async function writeKioskKey(path: string, pem: string): Promise<void> {
  await writeFile(path, pem, { flag: 'wx', mode: 0o600 }).catch((cause: unknown) => {
    throw new KioskError('key.unwritable', `${path}.`, { cause });
  });
}

function openChain(key: KeyObject, start: Uint8Array, everyFrames: number): SignedChain {
  let digest = sha256(start);
  let uncovered = 0;
  const signature = () => {
    uncovered = 0;
    return new Uint8Array(sign(null, signedBytes(digest), key));
  };
  return {
    add(frame) {
      digest = sha256(chainLinkBytes(digest, frame, sha256));
      uncovered += 1;
      return uncovered >= everyFrames ? signature() : null;
    },
    end: () => (uncovered === 0 ? null : signature()),
  };
}

function readKey(pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch (cause) {
    throw new KioskError('key.unreadable', undefined, { cause });
  }
  throw new KioskError('key.unreadable', 'It is no Ed25519 key.');
}

function bytesOf(publicKey: KeyObject): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' }).subarray(-PUBLIC_KEY_BYTES);
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
