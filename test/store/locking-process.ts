import { spawn } from 'node:child_process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { FolderInUseError, lockDataFolder } from '../../server/store/sqlite/folder-lock.ts';

/*
 * Locks a data folder until it is killed: `locking-process.ts FOLDER [with-child|collecting]`. Prints `held`, or why
 * the folder could not be locked. `with-child` starts a child that outlives this process, and prints its process id after
 * `held`. `collecting` runs the garbage collector first.
 */

const [folder, option] = process.argv.slice(2);
try {
  lockDataFolder(folder);
  if (option === 'collecting') await collect();
  const child =
    option === 'with-child'
      ? spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' })
      : null;
  process.stdout.write(child === null ? 'held\n' : `held ${child.pid}\n`);
  setInterval(() => {}, 1000);
} catch (error) {
  if (!(error instanceof FolderInUseError)) throw error;
  process.stdout.write(`${error.message}\n`);
}

/** Runs twice, since what the first run frees may have referred to other memory. */
async function collect(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  for (let round = 0; round < 2; round++) {
    await nextTurn();
    gc();
  }
}
