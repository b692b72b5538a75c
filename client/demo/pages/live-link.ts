import { decode, encode } from '@msgpack/msgpack';
import { siteUrl } from './site.ts';
import type { LiveHello, LiveMessage } from '@veriframe/protocol';

/** Ticket and address of a live feed. */
export interface LiveTicket {
  readonly ticket: string;
  readonly socketPath: string;
  readonly subprotocol: string;
}

interface LiveLinkOptions {
  readonly onMessage: (message: LiveMessage) => void;
  /** Called once when the feed ends. `isDone`: the service ended it normally. */
  readonly onEnd: (isDone: boolean) => void;
}

const DONE = 1000;

/** Subscribes to a live feed. Returns the function that unsubscribes; `onEnd` is not called then. */
export function openLiveLink(
  { ticket, socketPath, subprotocol }: LiveTicket,
  { onMessage, onEnd }: LiveLinkOptions,
): () => void {
  const address = new URL(siteUrl(socketPath));
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
      // The service belongs to this site and has the same version.
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
