import { writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

/** Plain JavaScript, which needs no loader: a thread that loads nothing takes some 2 MB. */
const WATCH = `
const { workerData: parent } = require('node:worker_threads');
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
}, 500);
`;

/**
 * Ends this process soon after its parent has ended. A thread of its own watches, because a process that hangs in
 * native code receives no event, and would occupy a core until the machine is restarted.
 */
export function dieWithParent(): void {
  const options = { eval: true, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: 16 } };
  new Worker(WATCH, { ...options, workerData: process.ppid }).unref();
}

/** When memory runs out, lets the kernel end this worker, which loses one frame, before it ends the server. */
export function offerToDieFirst(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // Only Linux has this file, and some sandboxes forbid writing it.
  }
}
