import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { KioskError } from './errors.ts';
import type { DoorCommand } from './options.ts';
import { programEnvironment } from './program-environment.ts';

export interface Accepted {
  readonly token: string;
  readonly sessionId: string;
  readonly subject: string | null;
}

/** A command that takes longer counts as failed. */
const DOOR_TIMEOUT_MS = 30_000;

/**
 * Runs the program for an accepted subject and waits for it. No shell interprets the arguments, and they contain
 * nothing of the session. The token is in the environment variable `VERIFRAME_TOKEN`, because other users of the
 * machine can read the arguments in the process list. The program's output goes to standard error. Rejects with
 * `door.failed`.
 */
export async function openDoor(door: DoorCommand, accepted: Accepted, signal: AbortSignal): Promise<void> {
  const child = spawn(door.program, door.arguments, {
    shell: false,
    stdio: ['ignore', 2, 2],
    signal: AbortSignal.any([signal, AbortSignal.timeout(DOOR_TIMEOUT_MS)]),
    env: programEnvironment({
      VERIFRAME_TOKEN: accepted.token,
      VERIFRAME_SESSION_ID: accepted.sessionId,
      ...(accepted.subject === null ? {} : { VERIFRAME_SUBJECT: accepted.subject }),
    }),
  });
  const [exitCode, killedBy] = await once(child, 'close').catch((cause: unknown) => {
    throw new KioskError('door.failed', cause instanceof Error ? cause.message : undefined, { cause });
  });
  if (exitCode !== 0) throw new KioskError('door.failed', `It ended with ${exitCode ?? killedBy}.`);
}
