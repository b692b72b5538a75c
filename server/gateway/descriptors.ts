import { closeSync, openSync, readFileSync } from 'node:fs';
import { devNull } from 'node:os';

/**
 * Descriptors kept for what is no connection of ours: connections that the system accepts before the server can stop
 * listening (512), workers that are replaced, files of the store and of recordings.
 */
const RESERVE = 1024;
/** The reserve takes at most this share of the descriptors. */
const MAX_RESERVE_SHARE = 1 / 4;
/** HTTP requests and silent connections get as many places as WebSockets, and at least this many. */
export const LEAST_BESIDE_WEBSOCKETS = 256;

interface ConnectionRoom {
  /** TCP connections open at a time, WebSockets among them. */
  readonly maxTcpConnections: number;
  /** Whether the process may have fewer descriptors than there may be WebSockets. */
  readonly isShort: boolean;
}

/**
 * How many connections the process accepts: twice the WebSockets allowed, or fewer where descriptors are few.
 * @param limit from `descriptorLimit`
 * @param taken from `takenDescriptors`, before any connection
 */
export function roomForConnections(
  maxWebSockets: number,
  limit: number | null = descriptorLimit(),
  taken: number = takenDescriptors(),
): ConnectionRoom {
  const wanted = maxWebSockets + Math.max(maxWebSockets, LEAST_BESIDE_WEBSOCKETS);
  if (limit === null) return { maxTcpConnections: wanted, isShort: false };
  const free = Math.max(1, limit - taken);
  const fits = Math.ceil(free - Math.min(RESERVE, free * MAX_RESERVE_SHARE));
  return { maxTcpConnections: Math.min(wanted, fits), isShort: fits < maxWebSockets };
}

/** Descriptors that this process may have (`ulimit -n`); null where the system has no limit or does not tell it. */
export function descriptorLimit(limits: string = readLimits()): number | null {
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? null : Number(soft);
}

function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
}

/**
 * The number of the lowest free descriptor; Infinity when none is free. The system always gives the lowest one (POSIX),
 * so that all below it are taken. Not on Windows, where sockets are numbered apart from files.
 */
export function takenDescriptors(): number {
  const held = holdDescriptors(1);
  held.release();
  return held.highest;
}

/** Takes the `count` lowest free descriptors. `highest` is the last one's number; Infinity when there were too few. */
export function holdDescriptors(count: number): { readonly highest: number; release(): void } {
  const held: number[] = [];
  let highest = -1;
  try {
    for (let at = 0; at < count; at += 1) {
      highest = openSync(devNull, 'r');
      held.push(highest);
    }
  } catch {
    highest = Infinity;
  }
  return {
    highest,
    release() {
      for (const descriptor of held.splice(0)) closeSync(descriptor);
    },
  };
}
