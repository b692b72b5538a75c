import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A range of ids in this process's user namespace. */
interface IdRange {
  readonly first: number;
  readonly count: number;
}

/**
 * Ids that no distribution assigns: above those of containers, within 31 bits (systemd, "Users, Groups, UIDs and GIDs
 * on systemd Systems").
 */
const UNUSED: IdRange = { first: 1_879_048_192, count: 268_435_455 };
/** The ids of `nobody` in the kernel and in Debian. The last id of a small range is this one. */
const NOBODY = [65_534, 65_535];

/**
 * The first of `count` consecutive ids that no user and no group has here. They are drawn at random, so that two
 * servers on one machine get different ones. Null when there are none, as in a user namespace with one id.
 */
export function unusedUserIds(count: number): number | null {
  const mapped = commonRanges(readRanges('/proc/self/uid_map'), readRanges('/proc/self/gid_map'));
  const named = new Set([...namedIds('/etc/passwd'), ...namedIds('/etc/group'), ...NOBODY]);
  const [high] = commonRanges(mapped, [UNUSED]);
  // In a container with few ids: their upper half, which packages do not use.
  const candidates = high === undefined ? mapped.map(upperHalf) : [high];
  for (const { first, count: room } of candidates.toReversed()) {
    if (room <= count) continue;
    for (let tries = 0; tries < 100; tries += 1) {
      const start = first + randomInt(room - count);
      const ids = Array.from({ length: count }, (_, at) => start + at);
      if (start > 0 && !ids.some((id) => named.has(id))) return start;
    }
  }
  return null;
}

function upperHalf({ first, count }: IdRange): IdRange {
  const half = Math.floor(count / 2);
  return { first: first + half, count: count - half };
}

function commonRanges(some: readonly IdRange[], others: readonly IdRange[]): IdRange[] {
  return some.flatMap((a) =>
    others.flatMap((b) => {
      const first = Math.max(a.first, b.first);
      const end = Math.min(a.first + a.count, b.first + b.count);
      return end > first ? [{ first, count: end - first }] : [];
    }),
  );
}

/** The kernel's table of ids: first inside, first outside, count. All ids on other systems than Linux. */
function readRanges(path: string): IdRange[] {
  try {
    return readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number))
      .map(([first, , count]) => ({ first, count }));
  } catch {
    return [{ first: 0, count: 2 ** 31 - 1 }];
  }
}

function namedIds(path: string): number[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .map((line) => Number(line.split(':')[2]));
  } catch {
    return [];
  }
}
