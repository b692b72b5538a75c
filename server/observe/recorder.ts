import { randomUUID } from 'node:crypto';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../time/clock.ts';
import type { SessionContext } from '../session/state.ts';
import { RecordingAnonymizer } from './recording-anonymizer.ts';
import { encodePart, RECORDING_SUFFIX, RECORDING_VERSION } from './recording-format.ts';
import type { SessionWatch, WatchSession } from './session-watch.ts';

export interface RecorderOptions {
  readonly folder: string;
  /** Most recordings kept. The oldest are deleted first. */
  readonly maxRecordings: number;
  readonly clock: Clock;
  readonly context: SessionContext;
  readonly reportFault: (fault: unknown) => void;
}

/** Records sessions to files, for the operator's own evaluation. */
export interface SessionRecorder {
  readonly watch: WatchSession;
  /** Resolves when everything recorded so far is on disk. */
  close(): Promise<void>;
}

/** Most bytes that wait to be written. When the disk is too slow for this, the recording is given up. */
const MAX_UNWRITTEN_BYTES = 16_000_000;

/**
 * Writes the anonymised events of every session (`RecordingAnonymizer`) to one file each, which only this user can
 * read. Creates the folder when it does not exist. Rejects when that fails.
 */
export async function openRecorder(options: RecorderOptions): Promise<SessionRecorder> {
  const { folder, maxRecordings, clock, context, reportFault } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const writing = new Set<Promise<void>>();
  let pruned: Promise<void> = Promise.resolve();
  /** One at a time, so that each sees which files the one before has left. */
  const prune = () => (pruned = pruned.then(() => keepNewest(folder, maxRecordings)).catch(reportFault));
  return {
    watch({ mode }, policy) {
      const recording = new Recording(path.join(folder, `${randomUUID()}${RECORDING_SUFFIX}`), reportFault);
      recording.write(
        encodePart({ type: 'session', version: RECORDING_VERSION, mode, policy, models: context.models }),
      );
      const done = recording.done.then(prune).finally(() => writing.delete(done));
      writing.add(done);
      return watchOf(recording, new RecordingAnonymizer(clock.nowMs()));
    },
    async close() {
      await Promise.all(writing);
      await pruned;
    },
  };
}

function watchOf(recording: Recording, anonymizer: RecordingAnonymizer): SessionWatch {
  let hasEnd = false;
  return {
    stepped(event, _state, effects) {
      if (hasEnd) return;
      recording.write(encodePart(anonymizer.anonymize(event)));
      for (const effect of effects) {
        if (effect.type !== 'decide') continue;
        hasEnd = true;
        const { outcome, reasons } = effect;
        recording.write(encodePart({ type: 'decided', outcome, reasons }));
      }
    },
    ended() {
      if (!hasEnd) recording.write(encodePart({ type: 'closed' }));
      hasEnd = true;
      recording.end();
    },
  };
}

/** A file to which a session is written while it runs. */
class Recording {
  readonly #stream: WriteStream;
  readonly #file: string;
  #givenUp = false;
  /** Resolves when the file is closed or removed. Never rejects. */
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
    if (this.#stream.writableLength > MAX_UNWRITTEN_BYTES) {
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
