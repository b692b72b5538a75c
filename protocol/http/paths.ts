/** Where the WebSocket of a session is opened (SPEC R1). */
export const STREAM_PATH = '/v1/stream';
/** Where the WebSocket of a live feed is opened, and tickets for one are asked for (SPEC R35). */
export const LIVE_PATH = '/v1/live';
