import { openSync, readdirSync, readFileSync } from 'node:fs';

/** The flag of open(2), as `/proc` shows it. */
const O_CLOEXEC = 0o2000000;
const FIRST_OTHER = 4;
let inherited: readonly (number | 'ignore')[] | null = null;

/**
 * For `stdio` of a child, from the fifth entry on. A child inherits the files that this process itself has inherited
 * beyond its standard streams, though not those that it has opened. The null device takes the place of each inherited
 * one. They are looked up once, since all of them were there at the start.
 */
export function overInherited(): readonly (number | 'ignore')[] {
  inherited ??= findInherited();
  return inherited;
}

function findInherited(): readonly (number | 'ignore')[] {
  const numbers = openFiles().filter((number) => number >= FIRST_OTHER && isPassedOn(number));
  if (numbers.length === 0) return [];
  const nothing = openSync('/dev/null', 'r');
  const passed = new Set(numbers);
  return Array.from({ length: Math.max(...numbers) + 1 - FIRST_OTHER }, (_, at) =>
    passed.has(at + FIRST_OTHER) ? nothing : 'ignore',
  );
}

function openFiles(): number[] {
  try {
    return readdirSync('/proc/self/fdinfo').map(Number);
  } catch {
    return [];
  }
}

function isPassedOn(number: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${number}`, 'utf8'))?.[1] ?? '';
    return (Number.parseInt(flags, 8) & O_CLOEXEC) === 0;
  } catch {
    return false;
  }
}
