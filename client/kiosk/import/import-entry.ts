import { setTimeout as delay } from 'node:timers/promises';
import { ApiError, type Subjects, type PhotoImport } from '@veriframe/backend';
import { OPERATIONS } from '@veriframe/protocol/http';
import type { ImportEntry } from './entries.ts';
import { readPhoto, type ReadPhoto } from './photos.ts';

/** What became of one subject and its photographs. */
export interface ImportedEntry {
  readonly subject: string;
  readonly result: string;
  /** Why it was refused; null: it was not. */
  readonly reason: string | null;
  readonly duplicateOf: string | null;
  readonly photos: readonly {
    readonly path: string;
    readonly result: string;
    readonly reason: string | null;
  }[];
  /** Time that workers took, and how many there are; null: none was asked. */
  readonly analysis: { readonly ms: number; readonly workers: number } | null;
}

export interface ImportTerms {
  readonly consent: { readonly by: string; readonly textVersion: string } | null;
  readonly distinctFrom: readonly string[];
}

/** Most photographs of one subject that are sent; of more an even selection. */
const MAX_PHOTOS = 8;
/** Refusals of a server that is busy, restarts, or is behind a broken line. It is asked again for so long. */
const PATIENCE_MS = 120_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Imports one subject. Rejects with the `ApiError` that stops the whole import, such as a key without the right.
 */
export async function importEntry(
  subjects: Pick<Subjects, 'importPhotos'>,
  entry: ImportEntry,
  terms: ImportTerms,
): Promise<ImportedEntry> {
  const { subject, label } = entry;
  if (!OPERATIONS.importPhotos.params.safeParse({ id: subject }).success)
    return notSent(entry, 'subject-id', []);
  const chosen = selection(entry.paths);
  const left = entry.paths.filter((path) => !chosen.includes(path));
  const read = await Promise.all(chosen.map(readPhoto));
  const sent = read.flatMap((photo) => ('image' in photo ? [photo] : []));
  if (sent.length === 0) return notSent(entry, 'no-usable-photo', read);
  const { distinctFrom, consent } = terms;
  const answer = await persisting(() =>
    subjects.importPhotos(subject, {
      photos: sent.map(({ image, sha256 }) => ({ image, sha256 })),
      distinctFrom,
      ...(label === null ? {} : { label }),
      ...(consent === null ? {} : { consent }),
    }),
  );
  if (answer === null) return notSent(entry, 'request-refused', read);
  const { result, reason, duplicateOf, analysis } = answer;
  const fates = new Map(sent.map(({ path }, at) => [path, answer.photos[at]]));
  const photos = [
    ...read.map((photo) => fateOf(photo, fates.get(photo.path))),
    ...left.map((path) => ({ path, result: 'left-out', reason: 'more-than-8' })),
  ];
  return { subject, result, reason, duplicateOf, photos, analysis };
}

function fateOf(photo: ReadPhoto, fate: PhotoImport['photos'][number] | undefined) {
  const { path } = photo;
  if ('reason' in photo) return { path, result: 'refused', reason: photo.reason };
  return { path, result: fate?.result ?? 'not-used', reason: fate?.reason ?? null };
}

function notSent({ subject, paths }: ImportEntry, reason: string, read: readonly ReadPhoto[]): ImportedEntry {
  const why = new Map(read.map((photo) => [photo.path, 'reason' in photo ? photo.reason : null]));
  const photos = paths.map((path) => ({
    path,
    result: (why.get(path) ?? null) === null ? 'not-used' : 'refused',
    reason: why.get(path) ?? null,
  }));
  return { subject, result: 'refused', reason, duplicateOf: null, photos, analysis: null };
}

/** Evenly spaced in their order, the first and the last among them. */
function selection(paths: readonly string[]): readonly string[] {
  if (paths.length <= MAX_PHOTOS) return paths;
  const at = (index: number) => Math.round((index * (paths.length - 1)) / (MAX_PHOTOS - 1));
  return Array.from({ length: MAX_PHOTOS }, (_, index) => paths[at(index)] ?? '');
}

/** Asks again while that can help. Null: the server does not take what was sent. */
async function persisting<T>(ask: () => Promise<T>): Promise<T | null> {
  const untilMs = performance.now() + PATIENCE_MS;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code === 'api.invalid' || error.status === 413) return null;
      if (error.retry === 'never' || performance.now() + pauseMs > untilMs) throw error;
      await delay(Math.max(pauseMs, error.retryAfterMs ?? 0));
    }
  }
}
