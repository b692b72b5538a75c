import type { HttpResponse } from 'uWebSockets.js';

/**
 * Ends a response, whose headers are written, with its body, as fast as the peer reads it. uWS alone would copy what a
 * peer has not read, for each connection and each request. This way all of them share one body, and uWS cuts off a peer
 * that sends another request before it has read the answer.
 */
export function endAsRead(response: HttpResponse, body: string | Uint8Array): void {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const size = bytes.byteLength;
  if (size === 0) {
    response.end();
    return;
  }
  const [, isWhole] = response.tryEnd(bytes, size);
  if (!isWhole) response.onWritable((offset) => response.tryEnd(bytes.subarray(offset), size)[0]);
}
