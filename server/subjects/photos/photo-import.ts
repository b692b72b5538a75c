import { createHash } from 'node:crypto';
import { VeriframeError } from '../../../protocol/errors.ts';
import type { ImportRefusal, PhotoRefusal } from '../../../protocol/http/photos.ts';
import { isHeic } from '../../../protocol/picture-format.ts';
import type { AnalyzeReply, FrameAnalyzer } from '../../inference/calls.ts';
import { agreeingPhotos } from '../../matching/agreeing-photos.ts';
import { photos as policy } from '../../policy/photos.ts';
import type { ReferenceStore } from '../../store/ports.ts';
import type { PhotoEnrolmentResult, Subjects } from '../subjects.ts';
import { assessPhoto, type AssessedPhoto } from './assess-photo.ts';
import { BackgroundAnalyses } from './background-analyses.ts';

export interface Photo {
  /** Of the file, not decoded. */
  readonly image: Uint8Array;
  /** Digest of the file that it was made from, in hexadecimal; null: of the image itself. */
  readonly sha256: string | null;
}

export interface PhotoImport {
  readonly tenant: string;
  readonly subject: string;
  readonly photos: readonly Photo[];
  /** See `PhotoEnrolment`. */
  readonly distinctFrom: readonly string[];
}

/** What became of one photograph. `not-used`: it is good, but no reference was made. */
export type PhotoFate =
  | { readonly result: 'used' | 'known' | 'not-used'; readonly reason: null }
  | { readonly result: 'refused'; readonly reason: PhotoRefusal };

export type ImportOutcome = {
  readonly photos: readonly PhotoFate[];
  /** Time that workers took, in ms. */
  readonly analysisMs: number;
} & (
  | { readonly result: 'stored'; readonly reference: string }
  | { readonly result: 'known' }
  | { readonly result: 'refused'; readonly reason: ImportRefusal; readonly duplicateOf: string | null }
);

interface Parts {
  readonly analyzer: FrameAnalyzer;
  readonly references: Pick<ReferenceStore, 'knownPictures'>;
  readonly subjects: Pick<Subjects, 'enrolPhotos'>;
  readonly openSessions: () => number;
  readonly clock: ConstructorParameters<typeof BackgroundAnalyses>[0]['clock'];
}

/** Imports under way at a time. Each holds its pictures, of 4 MiB at most, in memory. */
export const MAX_IMPORTS = 16;
const BUSY_RETRY_MS = 1_000;

/** Makes references of photographs, on the workers' time that sessions leave. */
export class PhotoImports {
  readonly #parts: Parts;
  readonly #analyses: BackgroundAnalyses;
  #underWay = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#analyses = new BackgroundAnalyses(parts);
  }

  get workers(): number {
    return this.#parts.analyzer.workers;
  }

  /**
   * Rejects with `VeriframeError` `server.busy` when too many imports are under way, or sessions leave the workers no
   * time; and as `Subjects.enrolPhotos` does. Nothing is stored then.
   */
  async run(asked: PhotoImport): Promise<ImportOutcome> {
    if (this.#underWay >= MAX_IMPORTS)
      throw new VeriframeError('server.busy', undefined, { retryAfterMs: BUSY_RETRY_MS });
    this.#underWay++;
    try {
      return await this.#run(asked);
    } finally {
      this.#underWay--;
    }
  }

  async #run({ tenant, subject, photos, distinctFrom }: PhotoImport): Promise<ImportOutcome> {
    const digests = photos.map((photo) => photo.sha256 ?? digestOf(photo.image));
    const known = new Set(await this.#parts.references.knownPictures(tenant, subject, digests));
    const isNew = digests.map((digest, at) => !known.has(digest) && digests.indexOf(digest) === at);
    const replies = await Promise.all(
      photos.map(async (photo, at) => (isNew[at] ? await this.#analyse(photo) : null)),
    );
    const analysisMs = replies.reduce((sum, reply) => sum + (reply?.ms ?? 0), 0);
    const assessed = replies.map((reply) => reply?.photo ?? null);
    const usable = assessed.flatMap((one, at) =>
      one?.usable === true ? [{ at, embeddings: one.embeddings }] : [],
    );
    const face =
      usable.length === 0
        ? null
        : agreeingPhotos(
            usable.map((one) => one.embeddings),
            policy.agreeFmr,
          );
    const agreeing = usable.filter((_, index) => face?.agrees[index]).map(({ at }) => at);
    // A photograph that is sent twice fares as the first copy of it.
    const fates = (stored: boolean): readonly PhotoFate[] =>
      digests.map((digest): PhotoFate => {
        const at = digests.indexOf(digest);
        const one = assessed[at] ?? null;
        if (one === null) return { result: 'known', reason: null };
        if (!one.usable) return { result: 'refused', reason: one.reason };
        if (!agreeing.includes(at)) return { result: 'refused', reason: 'other-face' };
        return { result: stored ? 'used' : 'not-used', reason: null };
      });
    if (face === null) {
      const done = { photos: fates(false), analysisMs };
      return known.size > 0
        ? { ...done, result: 'known' }
        : { ...done, result: 'refused', reason: 'no-usable-photo', duplicateOf: null };
    }
    const enrolled = await this.#parts.subjects.enrolPhotos({
      tenant,
      subject,
      embeddings: face.embeddings,
      pictures: agreeing.flatMap((at) => digests[at] ?? []),
      distinctFrom,
      duplicateFmr: policy.duplicateFmr,
    });
    if (enrolled.result === 'other-face' && known.size > 0) {
      // The others of these photographs are a reference, and this is the one that was no part of it.
      const left = fates(false).map(
        (fate): PhotoFate =>
          fate.result === 'not-used' ? { result: 'refused', reason: 'other-face' } : fate,
      );
      return { photos: left, analysisMs, result: 'known' };
    }
    return { photos: fates(enrolled.result === 'stored'), analysisMs, ...outcomeOf(enrolled) };
  }

  async #analyse({ image }: Photo): Promise<{ photo: AssessedPhoto; ms: number }> {
    if (isHeic(image)) return { photo: { usable: false, reason: 'heic' }, ms: 0 };
    const reply: AnalyzeReply = await this.#analyses.run(image);
    if (!reply.ok && reply.code === 'server.internal') throw new VeriframeError('server.busy');
    return { photo: assessPhoto(reply, policy.quality), ms: reply.ok ? reply.timings.totalMs : 0 };
  }
}

function outcomeOf(enrolled: PhotoEnrolmentResult) {
  const refused = { result: 'refused', duplicateOf: null } as const;
  switch (enrolled.result) {
    case 'stored':
      return { result: 'stored', reference: enrolled.referenceId } as const;
    case 'known':
      return { result: 'known' } as const;
    case 'duplicate':
      return { ...refused, reason: 'duplicate', duplicateOf: enrolled.of } as const;
    case 'other-face':
      return { ...refused, reason: 'not-the-subject' } as const;
    case 'full':
      return { ...refused, reason: 'too-many-references' } as const;
    case 'suspended':
      return { ...refused, reason: 'suspended' } as const;
  }
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
