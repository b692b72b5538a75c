import { once } from 'node:events';
import { rawConnection, upgradeRequest } from './sockets.ts';

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface FrameShape {
  /** Default true. */
  readonly final?: boolean;
  /** The three reserved bits, 0..7. */
  readonly reserved?: number;
  /** Default true, as RFC 6455 demands of clients. */
  readonly masked?: boolean;
  /** The length the header claims, where it is not the payload's. Always written in 64 bits. */
  readonly claimedLength?: bigint;
}

const MASK = Buffer.from([0x11, 0x22, 0x33, 0x44]);

/** One frame as a client sends it (RFC 6455, 5.2), right or wrong as asked. */
export function frameBytes(
  opcode: number,
  payload: Uint8Array = new Uint8Array(),
  shape: FrameShape = {},
): Buffer {
  const { final = true, reserved = 0, masked = true, claimedLength } = shape;
  const first = (final ? 0x80 : 0) | (reserved << 4) | opcode;
  const bit = masked ? 0x80 : 0;
  const { length } = payload;
  let header: Buffer;
  if (claimedLength !== undefined || length > 0xffff) {
    header = Buffer.alloc(10);
    header[1] = bit | 127;
    header.writeBigUInt64BE(claimedLength ?? BigInt(length), 2);
  } else if (length > 125) {
    header = Buffer.alloc(4);
    header[1] = bit | 126;
    header.writeUInt16BE(length, 2);
  } else header = Buffer.from([0, bit | length]);
  header[0] = first;
  if (!masked) return Buffer.concat([header, payload]);
  return Buffer.concat([header, MASK, payload.map((byte, i) => byte ^ MASK[i % 4])]);
}

export const closeFrame = (code: number, reason: Uint8Array = new Uint8Array()): Buffer =>
  frameBytes(OPCODE.close, Buffer.concat([Buffer.from([code >> 8, code & 0xff]), reason]));

export interface ServerFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/**
 * Opens a socket by hand, writes these bytes in pieces (all at once by default), and tells what the server said until
 * it ended the connection. The bytes must make it end.
 */
export async function converse(port: number, bytes: Buffer, pieceLength = Infinity): Promise<ServerFrame[]> {
  const { socket, heard } = rawConnection(port);
  socket.setNoDelay(true);
  socket.write(upgradeRequest('/socket'));
  await once(socket, 'data');
  for (let at = 0; at < bytes.length && !socket.destroyed; at += pieceLength) {
    if (!socket.write(bytes.subarray(at, Math.min(bytes.length, at + pieceLength))))
      await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
    if (pieceLength !== Infinity) await new Promise((resolve) => setImmediate(resolve));
  }
  const all = Buffer.from(await heard, 'latin1');
  return framesIn(all.subarray(all.indexOf('\r\n\r\n') + 4));
}

function framesIn(bytes: Buffer): ServerFrame[] {
  const frames: ServerFrame[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const opcode = bytes[at] & 0x0f;
    let length = bytes[at + 1] & 0x7f;
    let start = at + 2;
    if (length === 126) {
      length = bytes.readUInt16BE(start);
      start += 2;
    } else if (length === 127) {
      length = Number(bytes.readBigUInt64BE(start));
      start += 8;
    }
    frames.push({ opcode, payload: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return frames;
}
