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

/** Makes the 1:N search of a gallery, with references opened from the store. */
export function createSearch(gallery: Gallery, references: ReferenceStore): Search {
  return async (tenant, probe) => {
    const candidates = gallery.search(tenant, probe, SEARCH_DEPTH);
    return await Promise.all(
      candidates.map(async (candidate) => {
        const stored = await references.ofSubject(tenant, candidate.subject);
        const best = stored.find(({ embeddings }) => scoreBy(candidate, probe, embeddings));
        return best === undefined ? candidate : { ...candidate, embeddings: best.embeddings };
      }),
    );
  };
}

/** Whether these embeddings are the ones the candidate was found by: rounding apart, they score the same. */
function scoreBy({ model, score }: Candidate, probe: Embeddings, embeddings: Embeddings): boolean {
  const a = probe[model];
  const b = embeddings[model];
  if (a === undefined || b === undefined) return false;
  const cosine = a.reduce((sum, value, index) => sum + value * (b[index] as number), 0);
  return Math.abs(cosine - score) < 1e-3;
}

interface Parts {
  readonly references: ReferenceStore;
  readonly gallery: Gallery;
  readonly search: Search;
  readonly log: Logger;
  nowMs(): number;
}

/**
 * Stores new references, one at a time, so that two sessions cannot enrol one face as two subjects between each
 * other's check and write. A face that belongs to another subject, or that is not the face this subject already
 * has, is a `duplicate`: an identity is neither shared nor taken over by enrolling again.
 */
export function createEnrolment({ references, gallery, search, log, nowMs }: Parts) {
  let queue: Promise<unknown> = Promise.resolve();

  const enrolNow = async (
    { tenant, subject }: SessionRequest,
    embeddings: Embeddings,
  ): Promise<EnrolmentResult> => {
    if (subject === null) return 'failed';
    const own = await references.ofSubject(tenant, subject);
    if (own.length > 0 && !own.some((reference) => isSameFace(embeddings, reference.embeddings, 1e-3)))
      return 'duplicate';
    const others = (await search(tenant, embeddings)).filter((candidate) => candidate.subject !== subject);
    if (
      others.some(
        (candidate) => candidate.embeddings && isSameFace(embeddings, candidate.embeddings, DUPLICATE_FMR),
      )
    )
      return 'duplicate';
    const referenceId = await references.add({ tenant, subject, embeddings, createdAtMs: nowMs() });
    gallery.add({ tenant, referenceId, subject, embeddings });
    return 'stored';
  };

  return (request: SessionRequest, embeddings: Embeddings): Promise<EnrolmentResult> => {
    const result = queue
      .then(() => enrolNow(request, embeddings))
      .catch((error: unknown) => {
        log.error(
          { sessionId: request.sessionId, code: (error as { code?: unknown }).code },
          'enrolment failed',
        );
        return 'failed' as const;
      });
    queue = result;
    return result;
  };
}

function isSameFace(probe: Embeddings, reference: Embeddings, fmr: Fmr): boolean {
  const comparison = compare(probe, reference);
  return comparison !== null && comparison.score >= thresholdAt(comparison.method, fmr);
}
