import type { HttpResponse } from 'uWebSockets.js';

/**
 * Ends a response that was begun with its body, as fast as the peer reads it. uWS would copy what the peer leaves
 * unread, for each connection and each request that it sends meanwhile; this keeps the one body, and uWS cuts off
 * whoever asks again before it has read its answer.
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
