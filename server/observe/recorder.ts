import { randomUUID } from 'node:crypto';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../time/clock.ts';
import type { SessionContext } from '../session/state.ts';
import { Disguise } from './recording-anonymizer.ts';
import { encodePart, RECORDING_SUFFIX, RECORDING_VERSION } from './recording-format.ts';
import type { SessionWatch, WatchSession } from './session-watch.ts';

export interface RecorderOptions {
  readonly folder: string;
  /** Recordings kept; the oldest go first. */
  readonly maxRecordings: number;
  readonly clock: Clock;
  readonly context: SessionContext;
  readonly reportFault: (fault: unknown) => void;
}

/** Records sessions to files for the operator's own evaluation. */
export interface SessionRecorder {
  readonly watch: WatchSession;
  /** Resolves when everything recorded so far is on disk. */
  close(): Promise<void>;
}

/** Bytes on their way to a disk that is too slow; beyond them the recording is given up. */
const MAX_WAITING_BYTES = 16_000_000;

/**
 * Writes the events of every session, disguised (`Disguise`), as one file that only this user can read. The folder is
 * made when it is not there. Rejects when it cannot be had.
 */
export async function openRecorder(options: RecorderOptions): Promise<SessionRecorder> {
  const { folder, maxRecordings, clock, context, reportFault } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const writing = new Set<Promise<void>>();
  let pruned: Promise<void> = Promise.resolve();
  /** One at a time, each sees what those before it have left. */
  const prune = () => (pruned = pruned.then(() => keepNewest(folder, maxRecordings)).catch(reportFault));
  return {
    watch({ mode }, policy) {
      const recording = new Recording(path.join(folder, `${randomUUID()}${RECORDING_SUFFIX}`), reportFault);
      recording.write(
        encodePart({ type: 'session', version: RECORDING_VERSION, mode, policy, models: context.models }),
      );
      const done = recording.done.then(prune).finally(() => writing.delete(done));
      writing.add(done);
      return watchOf(recording, new Disguise(clock.nowMs()));
    },
    async close() {
      await Promise.all(writing);
      await pruned;
    },
  };
}

function watchOf(recording: Recording, disguise: Disguise): SessionWatch {
  let isOver = false;
  return {
    stepped(event, _state, effects) {
      if (isOver) return;
      recording.write(encodePart(disguise.event(event)));
      for (const effect of effects) {
        if (effect.type !== 'decide') continue;
        isOver = true;
        const { outcome, reasons } = effect;
        recording.write(encodePart({ type: 'decided', outcome, reasons }));
      }
    },
    ended() {
      if (!isOver) recording.write(encodePart({ type: 'closed' }));
      isOver = true;
      recording.end();
    },
  };
}

/** A file that is written while a session runs. */
class Recording {
  readonly #stream: WriteStream;
  readonly #file: string;
  #givenUp = false;
  /** Resolves when the file is closed, or gone. Never rejects. */
  readonly done: Promise<void>;

  constructor(file: string, reportFault: (fault: unknown) => void) {
    this.#file = file;
    this.#stream = createWriteStream(file, { flags: 'wx', mode: 0o600 });
    this.done = new Promise((resolve) => {
      this.#stream.once('error', reportFault);
      this.#stream.once('close', () => {
        if (this.#givenUp) void rm(this.#file, { force: true }).then(resolve, resolve);
        else resolve();
      });
    });
  }

  write(part: Uint8Array): void {
    if (this.#givenUp) return;
    if (this.#stream.writableLength > MAX_WAITING_BYTES) {
      this.#givenUp = true;
      this.#stream.destroy(new Error('the disk is too slow to record sessions'));
      return;
    }
    this.#stream.write(part);
  }

  end(): void {
    this.#stream.end();
  }
}

/** Removes the oldest recordings until `count` are left. */
async function keepNewest(folder: string, count: number): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(RECORDING_SUFFIX));
  if (names.length <= count) return;
  const files = await Promise.all(
    names.map(async (name) => {
      const file = path.join(folder, name);
      return {
        file,
        writtenAtMs: await stat(file).then(
          ({ mtimeMs }) => mtimeMs,
          () => Infinity,
        ),
      };
    }),
  );
  const oldest = files.toSorted((a, b) => a.writtenAtMs - b.writtenAtMs).slice(0, names.length - count);
  for (const { file } of oldest) await rm(file, { force: true });
}
