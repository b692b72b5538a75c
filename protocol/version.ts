/** Name of the WebSocket subprotocol (SPEC R1). A breaking change of the protocol gets a new name. */
export const SUBPROTOCOL = 'veriframe.v1';
