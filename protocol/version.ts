/** WebSocket subprotocol name (SPEC rule 1). A breaking change of the wire gets a new name. */
export const SUBPROTOCOL = 'veriframe.v1';
