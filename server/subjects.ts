import type { SubjectDirectory } from './api/context.ts';
import { unclampedLlr } from './decision/calibrate.ts';
import { compare } from './decision/compare.ts';
import { thresholdAt, type Fmr } from './decision/score-scales.ts';
import type { Gallery } from './gallery/gallery.ts';
import type { Logger } from './observe/log.ts';
import type { SessionRequest } from './session/ports.ts';
import type { Candidate } from './session/event.ts';
import type { ReferenceStore } from './store/ports.ts';
import type { Embeddings } from './vision/analysis.ts';

export type EnrolmentResult = 'stored' | 'duplicate' | 'failed';

/** A 1:N search that lets each candidate bring the reference it was found by. */
export type Search = (tenant: string, probe: Embeddings) => Promise<readonly Candidate[]>;

/** Subjects a search brings back. More than one, so that a fused comparison can overturn one network's order. */
const SEARCH_DEPTH = 8;

/**
 * False match rate at which a new reference counts as another subject's face. Pooled over several frames, so that
 * a stricter rate than a single probe's still finds nearly all true duplicates.
 */
const DUPLICATE_FMR: Fmr = 1e-5;

/**
 * At which a subject who enrols again counts as the same person: verification's, for whoever adds a reference is
 * verified by it from then on.
 */
const SAME_SUBJECT_FMR: Fmr = 1e-4;

/** A claim is compared with the best of a subject's references, so each one more makes a false match likelier. */
export const MAX_REFERENCES = 5;

/** Makes the 1:N search of a gallery: each candidate brings the one of its references that fits the probe best. */
export function createSearch(gallery: Gallery, references: ReferenceStore): Search {
  return async (tenant, probe) => {
    const candidates = gallery.search(tenant, probe, SEARCH_DEPTH);
    return await Promise.all(
      candidates.map(async (candidate) => {
        const stored = await references.ofSubject(tenant, candidate.subject);
        const [best] = stored
          .map(({ embeddings }) => ({ embeddings, likeness: likeness(probe, embeddings) }))
          .toSorted((a, b) => b.likeness - a.likeness);
        return best === undefined ? candidate : { ...candidate, embeddings: best.embeddings };
      }),
    );
  };
}

function likeness(probe: Embeddings, reference: Embeddings): number {
  const comparison = compare(probe, reference);
  return comparison === null ? -Infinity : unclampedLlr(comparison);
}

interface Parts {
  readonly references: ReferenceStore;
  readonly gallery: Gallery;
  readonly search: Search;
  readonly log: Logger;
  readonly nowMs: () => number;
}

/**
 * Enrolled subjects, in the store and in the index made from it. Changes are made one after another, so that two
 * sessions cannot enrol one face as two subjects between each other's check and write, and nothing slips in beside
 * an erasure.
 */
export class Subjects implements SubjectDirectory {
  private readonly parts: Parts;
  private queue: Promise<unknown> = Promise.resolve();

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /**
   * A face that belongs to another subject, or that is not the face this subject already has, is a `duplicate`: an
   * identity is neither shared nor taken over by enrolling again. Never rejects.
   */
  async enrol(
    { sessionId, tenant, subject }: SessionRequest,
    embeddings: Embeddings,
  ): Promise<EnrolmentResult> {
    if (subject === null) return 'failed';
    try {
      return await this.inTurn(() => this.enrolNow(tenant, subject, embeddings));
    } catch (error) {
      this.parts.log.error({ sessionId, code: codeOf(error) }, 'enrolment failed');
      return 'failed';
    }
  }

  async countReferences(tenant: string, subject: string): Promise<number> {
    return (await this.parts.references.ofSubject(tenant, subject)).length;
  }

  erase(tenant: string, subject: string): Promise<number> {
    const { references, gallery } = this.parts;
    return this.inTurn(async () => {
      const erased = await references.eraseSubject(tenant, subject);
      gallery.removeSubject(tenant, subject);
      return erased;
    });
  }

  private async enrolNow(tenant: string, subject: string, embeddings: Embeddings): Promise<EnrolmentResult> {
    const { references, gallery, search, nowMs } = this.parts;
    const own = await references.ofSubject(tenant, subject);
    if (
      own.length > 0 &&
      !own.some((reference) => isSameFace(embeddings, reference.embeddings, SAME_SUBJECT_FMR))
    )
      return 'duplicate';
    if (own.length >= MAX_REFERENCES) return 'failed';
    const candidates = await search(tenant, embeddings);
    const belongsToAnother = candidates.some(
      (candidate) =>
        candidate.subject !== subject &&
        candidate.embeddings !== undefined &&
        isSameFace(embeddings, candidate.embeddings, DUPLICATE_FMR),
    );
    if (belongsToAnother) return 'duplicate';
    const referenceId = await references.add({ tenant, subject, embeddings, createdAtMs: nowMs() });
    gallery.add({ tenant, referenceId, subject, embeddings });
    return 'stored';
  }

  private inTurn<T>(change: () => Promise<T>): Promise<T> {
    const result = this.queue.then(change);
    this.queue = result.catch(() => undefined);
    return result;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}

function isSameFace(probe: Embeddings, reference: Embeddings, fmr: Fmr): boolean {
  const comparison = compare(probe, reference);
  return comparison !== null && comparison.score >= thresholdAt(comparison.method, fmr);
}
