import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

const NAMES_AT = { port: 53, host: '127.0.0.1' } as const;
const HEADER_BYTES = 12;
/** QR, RD and RA set, and NXDOMAIN. */
const NO_SUCH_NAME = 0x8183;

/** A name server that knows no name and remembers all it was asked for. */
export class NameServer {
  /** Names in the order of asking. */
  readonly asked: string[] = [];

  /** Listens on UDP and TCP. Rejects where port 53 cannot be had. */
  static async start(): Promise<NameServer> {
    const names = new NameServer();
    const udp = createSocket('udp4');
    udp.on('message', (query, from) => udp.send(names.#answer(query), from.port, from.address));
    udp.bind(NAMES_AT.port, NAMES_AT.host);
    await once(udp, 'listening');
    const tcp = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      // A query comes in one piece here, after two bytes of length.
      socket.on('data', (bytes) => {
        const answer = names.#answer(bytes.subarray(2));
        const length = Buffer.alloc(2);
        length.writeUInt16BE(answer.length);
        socket.end(Buffer.concat([length, answer]));
      });
    });
    tcp.listen(NAMES_AT);
    await once(tcp, 'listening');
    return names;
  }

  #answer(query: Buffer): Buffer {
    this.asked.push(nameIn(query));
    const answer = Buffer.from(query);
    answer.writeUInt16BE(NO_SUCH_NAME, 2);
    // Answers, authorities, additional records: none.
    answer.fill(0, 6, HEADER_BYTES);
    return answer.subarray(0, endOfQuestion(query));
  }
}

function nameIn(query: Buffer): string {
  const labels: string[] = [];
  for (let at = HEADER_BYTES; query[at] > 0; at += 1 + query[at])
    labels.push(query.toString('latin1', at + 1, at + 1 + query[at]));
  return labels.join('.');
}

function endOfQuestion(query: Buffer): number {
  let at = HEADER_BYTES;
  while (query[at] > 0) at += 1 + query[at];
  return at + 5;
}
