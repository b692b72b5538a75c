/** Path of the WebSocket of a session (SPEC R1). */
export const STREAM_PATH = '/v1/stream';
/** Path of the WebSocket of a live feed, and of the request for its ticket (SPEC R35). */
export const LIVE_PATH = '/v1/live';
