import { closeSync, openSync, readFileSync } from 'node:fs';
import { devNull } from 'node:os';

/**
 * Descriptors for everything that is no connection, opened after the count: a burst that the system has taken before
 * anybody can say no (512 connections), workers that are replaced, files of the store and of recordings.
 */
const RESERVE = 1024;
/** Of a small limit the reserve is this part. */
const RESERVE_PART = 1 / 4;
/** Requests and connections that say nothing, beside WebSockets: as many as those, and never fewer than this. */
export const LEAST_BESIDE_WEBSOCKETS = 256;

export interface ConnectionRoom {
  /** TCP connections open at a time, WebSockets among them. */
  readonly maxTcpConnections: number;
  /** Whether not even the WebSockets allowed fit into the descriptors that the process may have. */
  readonly isShort: boolean;
}

/**
 * How many connections the process takes: twice the WebSockets allowed, fewer where descriptors are few.
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
  const fits = Math.ceil(free - Math.min(RESERVE, free * RESERVE_PART));
  return { maxTcpConnections: Math.min(wanted, fits), isShort: fits < maxWebSockets };
}

/** Most descriptors that this process may have (`ulimit -n`); null where the system sets or tells none. */
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
 * The number of the lowest free descriptor; Infinity when none is free. The system gives the lowest first, so all
 * below it are taken, and nothing is given at or above a number before all below it are. Not on Windows, where sockets
 * are numbered apart from files.
 */
export function takenDescriptors(): number {
  const held = holdDescriptors(1);
  held.release();
  return held.highest;
}

/** Takes the `count` lowest free descriptors. `highest` is the number of the last, Infinity when there were not so many. */
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
