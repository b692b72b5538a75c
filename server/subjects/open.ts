import type { Logger } from '../observe/log.ts';
import type { SessionDirectory } from '../sessions/directory.ts';
import type { OpenStore } from '../store/open.ts';
import type { Gallery } from './gallery/gallery.ts';
import { Subjects } from './subjects.ts';

export interface SubjectsParts {
  readonly store: OpenStore;
  readonly gallery: Gallery;
  readonly directory: SessionDirectory;
  readonly clock: { nowMs(): number; wallMs(): number };
  readonly log: Logger;
}

/** Loads the enrolled subjects into the gallery, and again whenever the store may hold what the gallery does not. */
export async function openSubjects(parts: SubjectsParts): Promise<Subjects> {
  const { store, gallery, directory, clock, log } = parts;
  const subjects = new Subjects({
    references: store.references,
    gallery,
    sessions: directory,
    log,
    records: store.subjects,
    nowMs: () => clock.nowMs(),
    wallMs: () => clock.wallMs(),
  });
  const load = () => subjects.load((_id, { code }) => log.error({ code }, 'a reference does not open'));
  store.onReplaced(() => {
    load().catch((error: unknown) => log.error({ error: String(error) }, 'the gallery lags behind'));
  });
  await load();
  return subjects;
}
