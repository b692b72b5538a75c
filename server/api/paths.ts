/** Where the WebSocket of a session is opened (SPEC R1). */
export const STREAM_PATH = '/v1/stream';
