/**
 * What to do about errors of the system, by code. They come with a path or an address, which stands before the words.
 */
const SYSTEM_FAULTS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not use it: change its owner or its mode',
  EPERM: 'this user may not use it: change its owner or its mode',
  EROFS: 'it lies on a file system that cannot be written: choose another place, or mount it for writing',
  ENOENT: 'it does not exist: create it, or correct the setting that names it',
  ENOTDIR: 'a part of this path is a file and no folder: correct the setting that names it',
  EEXIST: 'there is something else of this name: correct the setting that names it',
  EISDIR: 'it is a folder and no file: correct the setting that names it',
  ELOOP: 'its links point at each other: correct the setting that names it',
  ENAMETOOLONG: 'its name is too long: correct the setting that names it',
  ENOSPC: 'the disk is full: free some room on it',
  EDQUOT: 'the disk quota is used up: free some room, or raise the quota',
  EIO: 'the disk does not answer: look into the log of the system',
  EMFILE: 'too many files are open: raise `ulimit -n`',
  ENFILE: 'too many files are open on this machine: raise fs.file-max',
  ENOMEM: 'there is too little memory: give this process more',
  EAGAIN: 'there are too many processes: raise `ulimit -u` or the limit of the container',
};

/**
 * What the operator reads instead of a stack. Null: a defect, which needs its stack.
 * @param tell the sentence of an error that is foreseen, null for others; what caused it is told with it
 */
export function describeStartFault(error: unknown, tell: (error: Error) => string | null): string | null {
  if (!(error instanceof Error)) return null;
  const told = tell(error);
  if (told === null) return systemFault(error);
  const { cause } = error;
  if (!(cause instanceof Error) || told.includes(cause.message)) return told;
  return `${told} ${describeStartFault(cause, tell) ?? oneLine(`(${cause.message})`)}`;
}

function systemFault(error: Error): string | null {
  if (!('syscall' in error) || !('code' in error)) return null;
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  const advice = code === undefined ? undefined : SYSTEM_FAULTS[code];
  const what = path ?? `The call ${syscall}`;
  return oneLine(advice === undefined ? `${what}: ${error.message}.` : `${what}: ${advice} (${code}).`);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').trim();
}
