import type { Frame } from './upstream.ts';

/*
 * The bytes of the chain that a kiosk signs over its frames (SPEC section 13). Each end hashes them by its own means,
 * so that this file needs no cryptography and runs in a browser too. Integers and doubles are big-endian.
 */

const CONTEXT = 'veriframe.frames.v1';
const encoder = new TextEncoder();

/** Bytes of a SHA-256 digest, and of an Ed25519 signature (RFC 8032). */
export const DIGEST_BYTES = 32;
export const SIGNATURE_BYTES = 64;

/** What one frame adds to the chain: all that it carries but its signature. */
export type ChainedFrame = Omit<Frame, 'type' | 'signature'>;

/**
 * The bytes whose SHA-256 begins a chain. Each text is preceded by its length, so that no two sessions share one.
 * @param nonce base64url, from `welcome.chain`
 * @param keyId of the kiosk's key
 */
export function chainStartBytes(sessionId: string, nonce: string, keyId: string): Uint8Array {
  return joined([CONTEXT, sessionId, nonce, keyId].flatMap((text) => withLength(encoder.encode(text))));
}

/** The bytes whose SHA-256 follows `previous` in the chain. */
export function chainLinkBytes(
  previous: Uint8Array,
  frame: ChainedFrame,
  sha256: (bytes: Uint8Array) => Uint8Array,
): Uint8Array {
  const numbers = new DataView(new ArrayBuffer(20));
  numbers.setBigUint64(0, BigInt(frame.seq));
  numbers.setFloat64(8, frame.capturedAtMs);
  numbers.setUint32(16, frame.shown ?? 0);
  const depth = frame.depth === undefined ? new Uint8Array(DIGEST_BYTES) : sha256(depthBytes(frame.depth));
  return joined([previous, new Uint8Array(numbers.buffer), sha256(frame.image), depth]);
}

/**
 * The bytes that are signed: a text of their own, so that the signature is good for nothing else, and the chain's end.
 */
export function signedBytes(digest: Uint8Array): Uint8Array {
  return joined([encoder.encode(`${CONTEXT} signature\0`), digest]);
}

/** The bytes of a depth image whose SHA-256 enters the chain. */
function depthBytes(depth: NonNullable<Frame['depth']>): Uint8Array {
  const sides = new DataView(new ArrayBuffer(8));
  sides.setUint32(0, depth.width);
  sides.setUint32(4, depth.height);
  return joined([new Uint8Array(sides.buffer), depth.data]);
}

function withLength(bytes: Uint8Array): readonly Uint8Array[] {
  const length = new DataView(new ArrayBuffer(4));
  length.setUint32(0, bytes.byteLength);
  return [new Uint8Array(length.buffer), bytes];
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}
