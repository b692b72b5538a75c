import { VeriframeError } from '../../protocol/errors.ts';
import { compare } from '../matching/compare.ts';
import { thresholdAt } from '../matching/score-scales.ts';
import type { Fmr } from '../policy/false-match-rates.ts';
import type { Gallery } from './gallery/gallery.ts';
import type { Logger } from '../observe/log.ts';
import type { SessionDirectory } from '../sessions/directory.ts';
import type { EnrolmentResult } from '../session/event.ts';
import type { SessionRequest } from '../session/ports.ts';
import { StoreError, type StoreErrorCode } from '../store/errors.ts';
import type { NewReference, ReferenceStore, StoredReference } from '../store/ports.ts';
import { createSearch, type Search } from './search.ts';
import type { Embeddings } from '../vision/analysis.ts';

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

const FAILED: EnrolmentResult = { result: 'failed' };
const DUPLICATE: EnrolmentResult = { result: 'duplicate' };
const ERASED: EnrolmentResult = { result: 'erased' };

/** What may be over when the store is asked again. */
const PASSING: readonly StoreErrorCode[] = ['store.busy', 'store.full', 'store.unavailable'];

interface Parts {
  readonly references: ReferenceStore;
  readonly gallery: Gallery;
  readonly sessions: Pick<SessionDirectory, 'revokeEnrolments' | 'isRevoked'>;
  readonly log: Logger;
  readonly nowMs: () => number;
}

/**
 * Enrolled subjects, in the store and in the index made from it. Changes are made one after another, so that two
 * sessions cannot enrol one face as two subjects between each other's check and write, and nothing slips in beside
 * an erasure. Whoever recognises people reads their references here: there are none from the moment that an erasure is
 * asked for, whatever becomes of it.
 */
export class Subjects implements Pick<ReferenceStore, 'ofSubject'> {
  /** 1:N search among those who are enrolled. */
  readonly search: Search;
  private readonly parts: Parts;
  private queue: Promise<unknown> = Promise.resolve();
  /** Subjects whose erasure is under way or has failed, with the references known to have been there. */
  private readonly unfinished = new Map<string, number>();

  constructor(parts: Parts) {
    this.parts = parts;
    this.search = createSearch(parts.gallery, this, ({ code }) =>
      parts.log.error({ code }, 'a subject is not recognised: a reference does not open'),
    );
  }

  /**
   * Fills the gallery from the store, at the start and when a write of unknown end may be in the store. Changes may be
   * made meanwhile. A reference that does not open is handed to `onCorrupt`.
   */
  async load(onCorrupt: Parameters<ReferenceStore['all']>[0]): Promise<void> {
    const { references, gallery } = this.parts;
    await gallery.load(this.present(references.all(onCorrupt)));
  }

  /** The subject's references, in order of creation; none while it is being erased. */
  async ofSubject(tenant: string, subject: string): Promise<readonly StoredReference[]> {
    const stored = await this.parts.references.ofSubject(tenant, subject);
    return this.isBeingErased(tenant, subject) ? [] : stored;
  }

  /** Those that the subject is recognised by: none while it is being erased. */
  async countReferences(tenant: string, subject: string): Promise<number> {
    return (await this.ofSubject(tenant, subject)).length;
  }

  /** An erasure was asked for and is not finished. */
  isBeingErased(tenant: string, subject: string): boolean {
    return this.unfinished.has(keyOf(tenant, subject));
  }

  /**
   * A face that belongs to another subject, or that is not the face this subject already has, is a `duplicate`: an
   * identity is neither shared nor taken over by enrolling again. Never rejects.
   * @param isAwaited whether anybody waits for the answer; asked before the reference is stored
   */
  async enrol(
    request: SessionRequest,
    embeddings: Embeddings,
    isAwaited: () => boolean,
  ): Promise<EnrolmentResult> {
    const { sessionId, tenant, subject } = request;
    if (subject === null) return FAILED;
    try {
      return await this.inTurn(async () => {
        if (this.parts.sessions.isRevoked(request)) return ERASED;
        // Of before this session was created. What it enrols must outlive that erasure.
        if (this.isBeingErased(tenant, subject)) await this.eraseNow(tenant, subject);
        const own = await this.ofSubject(tenant, subject);
        const refusal = await this.refusal(tenant, subject, own, embeddings);
        if (this.parts.sessions.isRevoked(request)) return ERASED;
        if (refusal !== null) return refusal;
        if (this.isBeingErased(tenant, subject) || !isAwaited()) return FAILED;
        return await this.store({ tenant, subject, embeddings, createdAtMs: this.parts.nowMs() }, own);
      });
    } catch (error) {
      this.parts.log.error({ sessionId, code: codeOf(error) }, 'enrolment failed');
      return FAILED;
    }
  }

  /**
   * Removes all of a subject's references, everywhere, and keeps open sessions from enrolling it. Returns how many
   * references there were. Nobody is recognised by them from the call on, also when it rejects: with `VeriframeError`
   * `subject.busy` where asking again can finish it.
   */
  async erase(tenant: string, subject: string): Promise<number> {
    const { sessions, log } = this.parts;
    this.beginErasure(tenant, subject, 0);
    sessions.revokeEnrolments(tenant, subject);
    try {
      return await this.inTurn(() => this.eraseNow(tenant, subject));
    } catch (error) {
      log.error({ code: codeOf(error) }, 'an erasure is not finished');
      const mayPass = error instanceof StoreError && PASSING.includes(error.code);
      throw mayPass ? new VeriframeError('subject.busy', undefined, { cause: error }) : error;
    }
  }

  /** Returns how many references are known to have been there since the erasure was first asked for. */
  private beginErasure(tenant: string, subject: string, held: number): number {
    const key = keyOf(tenant, subject);
    const known = Math.max(held, this.unfinished.get(key) ?? 0);
    this.unfinished.set(key, known);
    return known;
  }

  private async eraseNow(tenant: string, subject: string): Promise<number> {
    const { references, gallery } = this.parts;
    const known = this.beginErasure(tenant, subject, gallery.removeSubject(tenant, subject));
    const erased = await references.eraseSubject(tenant, subject);
    this.unfinished.delete(keyOf(tenant, subject));
    return Math.max(erased, known);
  }

  /** Why the face may not be enrolled as this subject; null where it may. */
  private async refusal(
    tenant: string,
    subject: string,
    own: readonly StoredReference[],
    embeddings: Embeddings,
  ): Promise<EnrolmentResult | null> {
    if (
      own.length > 0 &&
      !own.some((reference) => isSameFace(embeddings, reference.embeddings, SAME_SUBJECT_FMR))
    )
      return DUPLICATE;
    if (own.length >= MAX_REFERENCES) return FAILED;
    const candidates = await this.search(tenant, embeddings);
    const belongsToAnother = candidates.some(
      (candidate) =>
        candidate.subject !== subject && isSameFace(embeddings, candidate.embeddings, DUPLICATE_FMR),
    );
    return belongsToAnother ? DUPLICATE : null;
  }

  private async store(reference: NewReference, own: readonly StoredReference[]): Promise<EnrolmentResult> {
    const { tenant, subject, embeddings } = reference;
    const referenceId = await this.add(reference, own);
    this.parts.gallery.add({ tenant, referenceId, subject, embeddings });
    return { result: 'stored', reference: { referenceId, subject } };
  }

  /**
   * The id of the reference now stored. A store that was lost may have written it all the same: what the subject has
   * beside its `own` of before is this one, for changes are made one after another.
   */
  private async add(reference: NewReference, own: readonly StoredReference[]): Promise<string> {
    const { references } = this.parts;
    const before = new Set(own.map(({ referenceId }) => referenceId));
    try {
      return await references.add(reference);
    } catch (error) {
      const after = await references.ofSubject(reference.tenant, reference.subject);
      const written = after.find(({ referenceId }) => !before.has(referenceId));
      if (written === undefined) throw error;
      return written.referenceId;
    }
  }

  private async *present(references: AsyncIterable<StoredReference>): AsyncGenerator<StoredReference> {
    for await (const reference of references)
      if (!this.isBeingErased(reference.tenant, reference.subject)) yield reference;
  }

  private inTurn<T>(change: () => Promise<T>): Promise<T> {
    const result = this.queue.then(change);
    this.queue = result.catch(() => undefined);
    return result;
  }
}

function keyOf(tenant: string, subject: string): string {
  return JSON.stringify([tenant, subject]);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}

function isSameFace(probe: Embeddings, reference: Embeddings, fmr: Fmr): boolean {
  const comparison = compare(probe, reference);
  return comparison !== null && comparison.score >= thresholdAt(comparison.method, fmr);
}
