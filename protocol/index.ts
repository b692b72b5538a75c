/** Messages of both directions with their schemas and codec, the live feed, and the table of error codes. */
export { CLOSE } from './close.ts';
export {
  decodeDownstream,
  decodeUpstream,
  encodeMessage,
  imageBuffer,
  MAX_KEYS,
  MAX_STRING_BYTES,
  MESSAGE_OVERHEAD_BYTES,
} from './codec.ts';
export * from './depth-image.ts';
export * from './downstream.ts';
export * from './errors.ts';
export * from './frame-chain.ts';
export * from './live.ts';
export * from './picture-format.ts';
export * from './status.ts';
export * from './upstream.ts';
export { SUBPROTOCOL } from './version.ts';
