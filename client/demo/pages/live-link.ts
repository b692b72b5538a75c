import { decode, encode } from '@msgpack/msgpack';
import type { LiveHello, LiveMessage } from '@veriframe/protocol';

/** How to get onto a live feed, as the backend says. */
export interface LiveTicket {
  readonly ticket: string;
  readonly socketPath: string;
  readonly subprotocol: string;
}

export interface LiveLinkOptions {
  readonly onMessage: (message: LiveMessage) => void;
  /** Called once, however it ends. `isDone`: the service ended it as it should. */
  readonly onEnd: (isDone: boolean) => void;
}

const DONE = 1000;

/** Listens to a live feed. Returns the function that leaves it; `onEnd` is not called then. */
export function openLiveLink(
  { ticket, socketPath, subprotocol }: LiveTicket,
  { onMessage, onEnd }: LiveLinkOptions,
): () => void {
  const address = new URL(socketPath, location.href);
  address.protocol = address.protocol.replace('http', 'ws');
  const socket = new WebSocket(address, subprotocol);
  socket.binaryType = 'arraybuffer';
  const listening = new AbortController();
  const { signal } = listening;
  socket.addEventListener(
    'open',
    () => {
      const hello: LiveHello = { type: 'hello', ticket };
      socket.send(encode(hello));
    },
    { signal },
  );
  socket.addEventListener(
    'message',
    ({ data }: MessageEvent<ArrayBuffer>) => {
      // The service is this site's own and of the same version.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      onMessage(decode(data) as LiveMessage);
    },
    { signal },
  );
  socket.addEventListener(
    'close',
    ({ code }) => {
      listening.abort();
      onEnd(code === DONE);
    },
    { signal },
  );
  return () => {
    listening.abort();
    socket.close();
  };
}
