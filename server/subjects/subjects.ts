import { VeriframeError } from '../../protocol/errors.ts';
import { isSameFace } from '../matching/agreeing-photos.ts';
import { joinsReferences } from '../matching/match.ts';
import type { Fmr } from '../policy/false-match-rates.ts';
import type { FmrByStrength } from '../policy/photos.ts';
import type { Gallery } from './gallery/gallery.ts';
import type { Logger } from '../observe/log.ts';
import type { SessionDirectory } from '../sessions/directory.ts';
import type { EnrolmentResult } from '../session/event.ts';
import type { SessionRequest } from '../session/ports.ts';
import { StoreError, type StoreErrorCode } from '../store/errors.ts';
import type { NewReference, ReferenceStore, StoredReference } from '../store/ports.ts';
import { mayBeAccepted, type SubjectStore } from '../store/subject-ports.ts';
import { createSearch, type Search } from './search.ts';
import { subjectKey } from './subject-key.ts';
import type { Embeddings } from '../vision/analysis.ts';

/**
 * False match rate at which a new reference counts as another subject's face. It is stricter than the rate for a
 * probe: an enrolment pools several frames, so nearly all true duplicates still reach it.
 */
const DUPLICATE_FMR: Fmr = 1e-5;

/**
 * False match rate at which a subject who enrols again counts as the same person. It is verification's rate, because
 * the new reference verifies that face from then on.
 */
export const SAME_SUBJECT_FMR: Fmr = 1e-4;

/** Below the score of this false match rate, a new reference contradicts one that the subject has. */
export const CONTRADICTED_FMR: Fmr = 1e-2;

/** A probe is compared with every reference of a subject and the best score counts, so each one adds false matches. */
export const MAX_REFERENCES = 5;

const FAILED: EnrolmentResult = { result: 'failed' };
const DUPLICATE: EnrolmentResult = { result: 'duplicate' };
const ERASED: EnrolmentResult = { result: 'erased' };

/** Errors after which the same call to the store may succeed. */
const TRANSIENT: readonly StoreErrorCode[] = ['store.busy', 'store.full', 'store.unavailable'];

interface Parts {
  readonly references: ReferenceStore;
  readonly records: Pick<SubjectStore, 'stateOf'>;
  readonly gallery: Gallery;
  readonly sessions: Pick<SessionDirectory, 'revokeEnrolments' | 'isRevoked'>;
  readonly log: Logger;
  readonly nowMs: () => number;
  /** By the wall clock, which expiries are compared with. */
  readonly wallMs: () => number;
}

/** What photographs say of a subject, once each of them was analysed. */
export interface PhotoEnrolment {
  readonly tenant: string;
  readonly subject: string;
  /** The L2-normalised mean over the photographs. */
  readonly embeddings: Embeddings;
  /** Digests of the photographs. */
  readonly pictures: readonly string[];
  /** Subjects whose face it resembles, of whom the operator says that they are other people. */
  readonly distinctFrom: readonly string[];
  /** At the score of this false match rate or above, the face is another subject's. */
  readonly duplicateFmr: FmrByStrength;
}

/** Why photographs become no reference, or the reference that they became. `known`: they are one already. */
export type PhotoEnrolmentResult =
  | { readonly result: 'stored'; readonly referenceId: string }
  | { readonly result: 'known' }
  | { readonly result: Exclude<Refusal['why'], 'duplicate'> | 'suspended' }
  | { readonly result: 'duplicate'; readonly of: string };

/** `other-face`: not the face of the subject's references. `full`: it has as many as it may. */
type Refusal = { readonly why: 'other-face' | 'full' } | { readonly why: 'duplicate'; readonly of: string };

/**
 * The enrolled subjects: their references in the store and in the gallery. Changes run one after another. Otherwise two
 * sessions could both find a face unknown and enrol it as two subjects, and an enrolment could write during an erasure.
 * Verification and identification read references here, because a subject has none from the moment that its erasure is
 * requested, even if the erasure fails.
 */
export class Subjects implements Pick<ReferenceStore, 'ofSubject'> {
  /** 1:N search among the subjects that may be accepted. */
  readonly search: Search;
  /** 1:N search among all, for whom a face belongs to: a suspended subject cannot enrol again by another id. */
  private readonly searchAll: Search;
  private readonly parts: Parts;
  private lastChange: Promise<unknown> = Promise.resolve();
  /** Subjects whose erasure is under way or failed, with the number of references that they are known to have had. */
  private readonly unfinishedErasures = new Map<string, number>();

  constructor(parts: Parts) {
    this.parts = parts;
    const onCorrupt = ({ code }: StoreError) =>
      parts.log.error({ code }, 'a subject is not recognised: a reference or record does not open');
    const complete = { ofSubject: (...of: [string, string]) => this.allOfSubject(...of) };
    const accepted = {
      ofSubject: async (...of: [string, string]) =>
        (await this.standingOf(...of)) === 'good' ? await this.allOfSubject(...of) : [],
    };
    this.search = createSearch(parts.gallery, accepted, onCorrupt);
    this.searchAll = createSearch(parts.gallery, complete, onCorrupt);
  }

  /**
   * Fills the gallery from the store: at the start, and when the store may hold a write that it did not acknowledge.
   * Changes may be made meanwhile. A reference that cannot be opened is reported to `onCorrupt`.
   */
  async load(onCorrupt: Parameters<ReferenceStore['all']>[0]): Promise<void> {
    const { references, gallery } = this.parts;
    await gallery.load(this.withoutErased(references.all(onCorrupt)));
  }

  /**
   * The references to verify the subject by, in order of creation; none while it is being erased, is suspended or has
   * expired. One that cannot be opened is logged and left out. Rejects with `store.corrupt` when none of them can be
   * opened, or the subject's record cannot.
   */
  async ofSubject(tenant: string, subject: string): Promise<readonly StoredReference[]> {
    const [stored, standing] = await Promise.all([
      this.openedOf(tenant, subject),
      this.standingOf(tenant, subject),
    ]);
    return standing === 'good' ? stored : [];
  }

  /**
   * How many references the subject has: none while it is being erased or when it has expired. Rejects as `ofSubject`
   * does.
   */
  async countReferences(tenant: string, subject: string): Promise<number> {
    const [stored, standing] = await Promise.all([
      this.openedOf(tenant, subject),
      this.standingOf(tenant, subject),
    ]);
    return standing === 'expired' ? 0 : stored.length;
  }

  /** Whether anybody may be accepted as the subject. Rejects with `store.corrupt` when its record does not open. */
  async standingOf(tenant: string, subject: string): Promise<'good' | 'suspended' | 'expired'> {
    const state = await this.parts.records.stateOf(tenant, subject);
    if (mayBeAccepted({ ...state, suspendedAtMs: null }, this.parts.wallMs()))
      return state.suspendedAtMs === null ? 'good' : 'suspended';
    return 'expired';
  }

  private async openedOf(tenant: string, subject: string): Promise<readonly StoredReference[]> {
    const { references, log } = this.parts;
    const stored = await references.ofSubject(tenant, subject, (_id, { code }) =>
      log.error({ code }, 'a reference does not open'),
    );
    return this.isBeingErased(tenant, subject) ? [] : stored;
  }

  /** Whether an erasure was requested and is not finished. */
  isBeingErased(tenant: string, subject: string): boolean {
    return this.unfinishedErasures.has(subjectKey(tenant, subject));
  }

  /**
   * Stores a new reference. A face that belongs to another subject, or is not the face that this subject already has,
   * is a `duplicate`: enrolling again can neither share nor take over an identity. Never rejects.
   * @param isAwaited whether the session still waits for the result; called before the reference is stored
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
        // That erasure was requested before this session was created. It must not remove what this session enrols.
        const standing = await this.madeReady(tenant, subject);
        if (standing === 'suspended') return FAILED;
        const own = await this.allOfSubject(tenant, subject);
        const refusal = await this.refusal(tenant, subject, own, embeddings);
        if (this.parts.sessions.isRevoked(request)) return ERASED;
        if (refusal !== null) return refusal.why === 'full' ? FAILED : DUPLICATE;
        if (this.isBeingErased(tenant, subject) || !isAwaited()) return FAILED;
        const reference = { tenant, subject, embeddings, createdAtMs: this.parts.nowMs() };
        const referenceId = await this.store(reference, own);
        return { result: 'stored', reference: { referenceId, subject } };
      });
    } catch (error) {
      this.parts.log.error({ sessionId, code: codeOf(error) }, 'enrolment failed');
      return FAILED;
    }
  }

  /**
   * Stores a reference made of photographs that an operator vouches for. The same photographs again change nothing.
   * Rejects with a `StoreError`, and with `VeriframeError` `subject.busy` when the subject was erased meanwhile.
   */
  async enrolPhotos(photos: PhotoEnrolment): Promise<PhotoEnrolmentResult> {
    const { tenant, subject, embeddings, pictures, distinctFrom, duplicateFmr } = photos;
    return await this.inTurn(async () => {
      if ((await this.madeReady(tenant, subject)) === 'suspended') return { result: 'suspended' };
      const known = await this.parts.references.knownPictures(tenant, subject, pictures);
      if (known.length === pictures.length) return { result: 'known' };
      const own = await this.allOfSubject(tenant, subject);
      const refusal = await this.refusal(tenant, subject, own, embeddings, { distinctFrom, duplicateFmr });
      if (this.isBeingErased(tenant, subject)) throw new VeriframeError('subject.busy');
      if (refusal?.why === 'duplicate') return { result: 'duplicate', of: refusal.of };
      if (refusal !== null) return { result: refusal.why };
      const origin = { kind: 'photos', pictures: pictures.length } as const;
      const createdAtMs = this.parts.nowMs();
      const reference = { tenant, subject, embeddings, createdAtMs, origin, pictures };
      return { result: 'stored', referenceId: await this.store(reference, own) };
    });
  }

  /** Removes one reference from store and gallery, unless it is the subject's last. Rejects with a `StoreError`. */
  async removeReference(
    tenant: string,
    subject: string,
    referenceId: string,
  ): Promise<'removed' | 'last' | 'unknown'> {
    const { references, gallery } = this.parts;
    return await this.inTurn(async () => {
      const result = await references.remove(tenant, subject, referenceId);
      if (result !== 'removed') return result;
      gallery.removeSubject(tenant, subject);
      for (const kept of await this.openedOf(tenant, subject)) gallery.add(kept);
      return result;
    });
  }

  /**
   * Removes all of a subject's references from store and gallery, and keeps open sessions from enrolling the subject.
   * Returns how many references there were. From the call on nobody is recognised by them, even if it rejects. It
   * rejects with `VeriframeError` `subject.busy` when another call can finish the erasure.
   */
  async erase(tenant: string, subject: string): Promise<number> {
    const { sessions, log } = this.parts;
    this.beginErasure(tenant, subject, 0);
    sessions.revokeEnrolments(tenant, subject);
    try {
      return await this.inTurn(() => this.eraseNow(tenant, subject));
    } catch (error) {
      log.error({ code: codeOf(error) }, 'an erasure is not finished');
      const isTransient = error instanceof StoreError && TRANSIENT.includes(error.code);
      throw isTransient ? new VeriframeError('subject.busy', undefined, { cause: error }) : error;
    }
  }

  /** Returns how many references the subject is known to have had since its erasure was first requested. */
  private beginErasure(tenant: string, subject: string, held: number): number {
    const key = subjectKey(tenant, subject);
    const known = Math.max(held, this.unfinishedErasures.get(key) ?? 0);
    this.unfinishedErasures.set(key, known);
    return known;
  }

  /** How the subject stands, once an erasure that it waits for is finished. Call in turn. */
  private async madeReady(tenant: string, subject: string): Promise<'good' | 'suspended'> {
    const standing = await this.standingOf(tenant, subject);
    if (standing === 'expired' || this.isBeingErased(tenant, subject)) {
      await this.eraseNow(tenant, subject);
      return 'good';
    }
    return standing;
  }

  private async eraseNow(tenant: string, subject: string): Promise<number> {
    const { references, gallery } = this.parts;
    const known = this.beginErasure(tenant, subject, gallery.removeSubject(tenant, subject));
    const erased = await references.eraseSubject(tenant, subject);
    this.unfinishedErasures.delete(subjectKey(tenant, subject));
    return Math.max(erased, known);
  }

  /**
   * As `ofSubject`, but rejects with `store.corrupt` when any reference cannot be opened: whether a face is the
   * subject's cannot be ruled out without all of them.
   */
  private async allOfSubject(tenant: string, subject: string): Promise<readonly StoredReference[]> {
    const stored = await this.parts.references.ofSubject(tenant, subject);
    return this.isBeingErased(tenant, subject) ? [] : stored;
  }

  /** Why the face may not be enrolled as this subject; null when it may. */
  private async refusal(
    tenant: string,
    subject: string,
    own: readonly StoredReference[],
    embeddings: Embeddings,
    {
      distinctFrom,
      duplicateFmr,
    }: { readonly distinctFrom: readonly string[]; readonly duplicateFmr: Fmr | FmrByStrength } = {
      distinctFrom: [],
      duplicateFmr: DUPLICATE_FMR,
    },
  ): Promise<Refusal | null> {
    if (own.length > 0 && !joinsReferences(embeddings, own, SAME_SUBJECT_FMR, CONTRADICTED_FMR))
      return { why: 'other-face' };
    if (own.length >= MAX_REFERENCES) return { why: 'full' };
    const others = new Set([subject, ...distinctFrom]);
    const owner = (await this.searchAll(tenant, embeddings)).find(
      (candidate) =>
        !others.has(candidate.subject) && isSameFace(embeddings, candidate.embeddings, duplicateFmr),
    );
    return owner === undefined ? null : { why: 'duplicate', of: owner.subject };
  }

  private async store(reference: NewReference, own: readonly StoredReference[]): Promise<string> {
    const { tenant, subject, embeddings } = reference;
    const referenceId = await this.add(reference, own);
    this.parts.gallery.add({ tenant, referenceId, subject, embeddings });
    return referenceId;
  }

  /**
   * Returns the id of the new reference. A store that failed may have written it all the same. Since changes run one
   * after another, a reference of the subject that is not among its `own` of before is the new one.
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

  private async *withoutErased(references: AsyncIterable<StoredReference>): AsyncGenerator<StoredReference> {
    for await (const reference of references)
      if (!this.isBeingErased(reference.tenant, reference.subject)) yield reference;
  }

  private inTurn<T>(change: () => Promise<T>): Promise<T> {
    const result = this.lastChange.then(change);
    this.lastChange = result.catch(() => undefined);
    return result;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
