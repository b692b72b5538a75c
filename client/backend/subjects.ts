import { type CallOptions, orNull, type PageOptions, pageQuery } from './calls.ts';
import type { AskApi } from './http.ts';
import type {
  DetailedSubjectRecord,
  PhotoImport,
  SubjectExport,
  SubjectKey,
  SubjectRecord,
  SubjectRecords,
  SubjectsPage,
} from './schemas.ts';

/** Which subjects are looked for: those to which all of it applies. Absent: any. */
export interface SubjectFilter {
  /** Whole words of the label; case and accents do not count. */
  readonly label?: string;
  readonly suspended?: boolean;
  /** Whether a consent is on record. */
  readonly consented?: boolean;
  readonly expiresBeforeMs?: number;
  /** Neither enrolled nor accepted since. */
  readonly unusedSinceMs?: number;
}

/** Photographs of one subject, and what is put on record with them. */
export interface PhotosOfSubject {
  /** 1 to 8: JPEG, PNG or WebP of at most 512 KiB each. `sha256` is that of the file, if `image` was made from one. */
  readonly photos: readonly { readonly image: Uint8Array; readonly sha256?: string }[];
  readonly label?: string;
  readonly expiresAtMs?: number;
  readonly consent?: { readonly by: string; readonly textVersion: string; readonly atMs?: number };
  /** Subjects that it was found a duplicate of, and of whom you know that they are other people. */
  readonly distinctFrom?: readonly string[];
}

/** What is changed of a subject. Absent: it stays as it is; null: it is removed. */
export interface SubjectChanges {
  /** 1 to 200 characters. */
  readonly label?: string | null;
  /** True: from now on nobody is accepted as this subject. */
  readonly suspended?: boolean;
  /** `atMs` is now, unless it is given. */
  readonly consent?: { readonly by: string; readonly textVersion: string; readonly atMs?: number } | null;
  /** When the subject is erased by itself. */
  readonly expiresAtMs?: number | null;
}

/** Every call rejects with `ApiError`, or with the reason of its signal. */
export interface Subjects {
  /** How many references the subject has: 0 when it is not enrolled. */
  count(subject: string, options?: CallOptions): Promise<number>;
  /**
   * Erases every reference of the subject. Resolves with how many there were: with 0 as well, once nothing is left.
   * `subject.busy` says that traces may be left: ask again.
   */
  erase(subject: string, options?: CallOptions): Promise<number>;
  /** Enrolled subjects, by keyed hash. The API key must have the right `mayObserve`. */
  list(options?: PageOptions): Promise<SubjectsPage>;
  /** WebAuthn keys of the subject, in order of registration. */
  keys(subject: string, options?: CallOptions): Promise<readonly SubjectKey[]>;
  /** Removes a key of the subject. Resolves as well when the subject does not have it. */
  removeKey(subject: string, key: string, options?: CallOptions): Promise<void>;
  /**
   * Finds subjects by label or state. The API key must have the right `mayManage`, as for everything below but
   * `import`.
   */
  search(filter?: SubjectFilter, options?: PageOptions): Promise<SubjectRecords>;
  /** What is kept of the subject, and each of its references. `subject.unknown`: there is none. */
  record(subject: string, options?: CallOptions): Promise<DetailedSubjectRecord>;
  /** Changes what is given and leaves the rest. */
  change(subject: string, changes: SubjectChanges, options?: CallOptions): Promise<SubjectRecord>;
  /** Ends a lock-out. */
  unlock(subject: string, options?: CallOptions): Promise<void>;
  /** Removes one reference. `subject.last_reference`: erase the subject instead. */
  removeReference(subject: string, reference: string, options?: CallOptions): Promise<void>;
  /**
   * Enrols the subject from photographs, for which the caller vouches: one good one is enough, several become one
   * reference, and the same again change nothing. The API key must have the right `mayImport`. A refusal is an answer,
   * with its reason.
   *
   * @example
   * const photos = [{ image: await readFile(path) }];
   * const { result, reason } = await veriframe.subjects.importPhotos('ada', { photos });
   */
  importPhotos(subject: string, photos: PhotosOfSubject, options?: CallOptions): Promise<PhotoImport>;
  /** Everything that is held of the subject, its templates included. Hand it to nobody but the person. */
  export(subject: string, options?: CallOptions): Promise<SubjectExport>;
}

export function subjectsOf(api: AskApi): Subjects {
  return {
    async count(id, { signal } = {}) {
      const found = await orNull(api({ operation: 'getSubject', params: { id }, signal }));
      return found?.references ?? 0;
    },
    async erase(id, { signal } = {}) {
      const erased = await orNull(api({ operation: 'deleteSubject', params: { id }, signal }));
      return erased?.erasedReferences ?? 0;
    },
    async keys(id, { signal } = {}) {
      return (await api({ operation: 'listSubjectKeys', params: { id }, signal })).keys;
    },
    async removeKey(id, key, { signal } = {}) {
      const removing = api({ operation: 'deleteSubjectKey', params: { id, key }, signal });
      await orNull(removing, 'api.not_found');
    },
    list: ({ signal, limit, page } = {}) =>
      api({ operation: 'listSubjects', query: pageQuery('after', page, limit), signal }),
    search: ({ ...filter } = {}, { signal, limit, page } = {}) => {
      const place = { ...(limit === undefined ? {} : { limit }), ...(page ? { after: page } : {}) };
      return api({ operation: 'searchSubjects', body: { ...filter, ...place }, signal });
    },
    record: (id, { signal } = {}) => api({ operation: 'getSubjectRecord', params: { id }, signal }),
    change: (id, changes, { signal } = {}) =>
      api({ operation: 'changeSubject', params: { id }, body: changes, signal }),
    async unlock(id, { signal } = {}) {
      await api({ operation: 'unlockSubject', params: { id }, signal });
    },
    async removeReference(id, reference, { signal } = {}) {
      await api({ operation: 'deleteReference', params: { id, reference }, signal });
    },
    importPhotos: (id, { photos, ...rest }, { signal } = {}) => {
      const sent = photos.map(({ image, sha256 }) => ({
        image: Buffer.from(image).toString('base64'),
        sha256,
      }));
      return api({ operation: 'importPhotos', params: { id }, body: { photos: sent, ...rest }, signal });
    },
    export: (id, { signal } = {}) => api({ operation: 'exportSubject', params: { id }, signal }),
  };
}
