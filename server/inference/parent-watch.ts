import { writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

/** In plain JavaScript: a thread made of text needs no loader, and one that loads nothing costs some 2 MB. */
const WATCH = `
const { workerData: parent } = require('node:worker_threads');
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
}, 500);
`;

/**
 * Ends this process soon after its parent has ended, from a thread of its own: a process that hangs in native code
 * hears of nothing, and would use up a core for as long as the machine runs.
 */
export function dieWithParent(): void {
  const options = { eval: true, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: 16 } };
  new Worker(WATCH, { ...options, workerData: process.ppid }).unref();
}

/** Where the machine's memory runs out, the kernel shall end a worker, which costs one frame, and not the server. */
export function offerToDieFirst(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // Only Linux asks, and some sandboxes do not let anyone answer.
  }
}
