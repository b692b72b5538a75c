import { KioskError } from '../../client/kiosk/errors.ts';
import { EXIT, tryCommand } from './command.ts';
import type { Pace } from './pace.ts';

/** Runs `veriframe try` with this process's arguments, environment and signals, and sets its exit code. */
export async function runHere(pace: Pace): Promise<void> {
  const { argv, stdout, stderr, env: environment } = process;
  const stop = new AbortController();
  const cancel = () => stop.abort(new KioskError('client.cancelled'));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      // A second signal does not wait until the subject is erased.
      if (stop.signal.aborted) process.exit(EXIT.error);
      cancel();
    });
  // Whoever reads our output may leave early, as `head` does.
  stdout.on('error', cancel);
  const terminal = { stdout, stderr, environment, folder: process.cwd() };
  process.exitCode = await tryCommand(argv.slice(2), terminal, pace, stop.signal);
}
