import { spawn } from 'node:child_process';
import { FolderInUseError, lockDataFolder } from '../../server/store/folder-lock.ts';

/*
 * Takes a data folder and keeps it until it is killed: `locking-process.ts FOLDER [with-child]`. Prints `held`, after it
 * the process id of a child that outlives it where one is asked for, or why the folder could not be had.
 */

const [folder, withChild] = process.argv.slice(2);
try {
  lockDataFolder(folder);
  const child =
    withChild === undefined
      ? null
      : spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
  process.stdout.write(child === null ? 'held\n' : `held ${child.pid}\n`);
  setInterval(() => {}, 1000);
} catch (error) {
  if (!(error instanceof FolderInUseError)) throw error;
  process.stdout.write(`${error.message}\n`);
}
