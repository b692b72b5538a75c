import { encodeMessage } from '../../protocol/codec.ts';
import { SUBPROTOCOL } from '../../protocol/version.ts';
import { chooseTransport } from '../../server/gateway/transport-choice.ts';

/** Messages received since the last request, and the processor time of the server. */
export interface Handled {
  readonly messages: number;
  readonly cpuUs: number;
}

const [name] = process.argv.slice(2);
if (name !== 'uws' && name !== 'ws') throw new Error('Which transport?');

/** A typical answer to a frame. */
const ANSWER = encodeMessage({ type: 'credit', frames: 1 });
let messages = 0;
let cpu = process.cpuUsage();

const transport = chooseTransport(name).create(
  {
    http: () => ({
      maxBodyBytes: 1000,
      keepsBody: false,
      respond: () => Promise.resolve({ status: 404, headers: {}, body: '' }),
    }),
    upgrade: () => ({ accept: true, subprotocol: SUBPROTOCOL }),
    opened: (connection) => ({
      message: () => {
        messages++;
        connection.send(ANSWER);
      },
      closed: () => undefined,
    }),
  },
  {
    maxMessageBytes: 4_000_000,
    maxHeaderBytes: 8000,
    requestTimeoutMs: 10_000,
    idleTimeoutMs: 60_000,
    maxTcpConnections: 2000,
    maxBufferedBytes: 1_000_000,
    trustForwardedFor: false,
  },
);

process.on('message', () => {
  const { user, system } = process.cpuUsage(cpu);
  const handled: Handled = { messages, cpuUs: user + system };
  process.send?.(handled);
  messages = 0;
  cpu = process.cpuUsage();
});
process.on('disconnect', () => process.exit());

const port = await transport.listen({ host: '127.0.0.1', port: 0 });
process.send?.({ port });
