import { spawn } from 'node:child_process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { FolderInUseError, lockDataFolder } from '../../server/store/sqlite/folder-lock.ts';

/*
 * Takes a data folder and keeps it until it is killed: `locking-process.ts FOLDER [with-child|collecting]`. Prints `held`,
 * after it the process id of a child that outlives it where one is asked for, or why the folder could not be had. With
 * `collecting` all memory that can be freed is freed first.
 */

const [folder, wish] = process.argv.slice(2);
try {
  lockDataFolder(folder);
  if (wish === 'collecting') await collect();
  const child =
    wish === 'with-child'
      ? spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' })
      : null;
  process.stdout.write(child === null ? 'held\n' : `held ${child.pid}\n`);
  setInterval(() => {}, 1000);
} catch (error) {
  if (!(error instanceof FolderInUseError)) throw error;
  process.stdout.write(`${error.message}\n`);
}

/** Twice, and a turn apart: what was freed may have held more. */
async function collect(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  for (let round = 0; round < 2; round++) {
    await nextTurn();
    gc();
  }
}
