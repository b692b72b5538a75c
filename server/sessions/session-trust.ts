import type { PossessionRequest, Welcome } from '../../protocol/downstream.ts';
import type { Capture } from '../../protocol/status.ts';
import type { Bye, Frame, PossessionAnswer } from '../../protocol/upstream.ts';
import type { Possession } from '../decision/reasons.ts';
import { FrameChain } from '../identity/frame-chain.ts';
import type { RelyingParty } from '../identity/relying-parties.ts';
import { newKeyChallenge, verifyAssertion, verifyRegistration } from '../identity/webauthn.ts';
import { bothDemands, type TrustDemand } from '../policy/trust.ts';
import type { Policy } from '../policy/shape.ts';
import type { ClientOffers, SessionRequest } from '../session/ports.ts';
import type { TrustAtHello } from '../session/trust.ts';
import type { KioskKeyStore, NewSubjectKey, SubjectKey, SubjectKeyStore } from '../store/key-ports.ts';

export interface TrustParts {
  readonly subjectKeys: Pick<SubjectKeyStore, 'ofSubject' | 'userHandle' | 'isRegistered' | 'use'>;
  readonly kioskKeys: Pick<KioskKeyStore, 'find'>;
  readonly relyingPartyOf: (tenant: string) => RelyingParty | null;
  /** How many references a subject has, decoys not counted. */
  countReferences(tenant: string, subject: string): Promise<number>;
  /** Server time in milliseconds since 1970. */
  readonly wallMs: () => number;
}

/** Most WebAuthn keys of one subject. */
export const MAX_SUBJECT_KEYS = 10;

const NO_DEMAND: TrustDemand = { capture: null, possession: null };

/** What a client is asked for its key, and against what its answer is checked. */
interface KeyRequest {
  readonly task: PossessionRequest['task'];
  readonly challenge: string;
  readonly party: RelyingParty;
  readonly userVerified: boolean;
  /** The subject's keys when the session began. */
  readonly keys: readonly SubjectKey[];
  /** Of the key to be made. */
  readonly userHandle: string | null;
}

/** Finds what a session may be shown of its client: which key is asked for, and which kiosk signs. */
export async function openSessionTrust(
  parts: TrustParts,
  request: SessionRequest,
  policy: Policy,
  offers: ClientOffers | undefined,
): Promise<SessionTrust> {
  const { possession = false, kioskKey = null } = offers ?? {};
  const kiosk = kioskKey === null ? null : await parts.kioskKeys.find(request.tenant, kioskKey);
  const chain = kiosk === null ? null : new FrameChain(request.sessionId, kiosk);
  const demand = bothDemands(policy.trustDemand, request.demand ?? NO_DEMAND);
  const asked = possession ? await keyRequestFor(parts, request, demand) : null;
  return new SessionTrust(parts, request, demand, chain, asked);
}

async function keyRequestFor(
  parts: TrustParts,
  request: SessionRequest,
  demand: TrustDemand,
): Promise<KeyRequest | null> {
  const { tenant, subject, sessionId } = request;
  const party = parts.relyingPartyOf(tenant);
  if (party === null || subject === null) return null;
  const keys = await parts.subjectKeys.ofSubject(tenant, subject);
  const task = await taskOf(parts, request, keys);
  if (task === null || (task === 'register' && keys.length >= MAX_SUBJECT_KEYS)) return null;
  return {
    task,
    challenge: newKeyChallenge(sessionId),
    party,
    userVerified: demand.possession === 'user-verified',
    keys,
    userHandle: task === 'register' ? await parts.subjectKeys.userHandle(tenant, subject) : null,
  };
}

/**
 * A key is registered in the first enrolment of a subject, and where the relying party vouches for it. Otherwise a key
 * signs. Every verification asks for that, also of a subject without keys or that does not exist: so that nobody learns
 * from it who has one.
 */
async function taskOf(
  parts: TrustParts,
  { mode, tenant, subject, registersKey, observed }: SessionRequest,
  keys: readonly SubjectKey[],
): Promise<PossessionRequest['task'] | null> {
  if (subject === null) return null;
  if (registersKey === true) return 'register';
  if (mode === 'verify' || keys.length > 0) return 'assert';
  // The evidence of an observed session helps to improve a forgery: it stores no key.
  if (observed === true) return null;
  return (await parts.countReferences(tenant, subject)) === 0 ? 'register' : null;
}

/** Who controls the camera of one session, and who holds its subject's key: what the client shows of it is checked. */
export class SessionTrust {
  /** A key that was registered in this session: an accept stores it. */
  registration: NewSubjectKey | null = null;
  readonly #parts: TrustParts;
  readonly #request: SessionRequest;
  readonly #demand: TrustDemand;
  readonly #chain: FrameChain | null;
  readonly #asked: KeyRequest | null;
  /** A challenge is good for one answer, whether that is right or wrong. */
  #isAnswered = false;

  constructor(
    parts: TrustParts,
    request: SessionRequest,
    demand: TrustDemand,
    chain: FrameChain | null,
    asked: KeyRequest | null,
  ) {
    this.#parts = parts;
    this.#request = request;
    this.#demand = demand;
    this.#chain = chain;
    this.#asked = asked;
  }

  /** Fields of the session's `welcome`. */
  get welcome(): Pick<Welcome, 'possession' | 'chain'> {
    const asked = this.#asked;
    return {
      ...(asked === null
        ? {}
        : {
            possession: {
              task: asked.task,
              challenge: asked.challenge,
              rpId: asked.party.rpId,
              userVerification: asked.userVerified ? 'required' : 'preferred',
              ...(asked.userHandle === null
                ? {}
                : { user: asked.userHandle, exclude: asked.keys.map(({ credentialId }) => credentialId) }),
            },
          }),
      ...(this.#chain === null ? {} : { chain: { nonce: this.#chain.nonce } }),
    };
  }

  atHello(attested: boolean): TrustAtHello {
    return {
      demand: this.#demand,
      asksForKey: this.#asked !== null,
      chained: this.#chain !== null,
      attested,
    };
  }

  /** The key that signs the frames; null: none does. */
  get kioskKeyId(): string | null {
    return this.#chain?.keyId ?? null;
  }

  /** Takes the next frame into the chain. `unsigned` as well where the client signs no frames. */
  frame(frame: Frame): ReturnType<FrameChain['add']> {
    return this.#chain === null ? 'unsigned' : this.#chain.add(frame);
  }

  /** Checks the signature with which a kiosk ends its chain. Null: there is none. */
  end({ signature }: Bye): { readonly seq: number; readonly fits: boolean } | null {
    const chain = this.#chain;
    if (chain === null || signature === undefined) return null;
    return { seq: chain.lastSeq, fits: chain.fits(signature) };
  }

  /**
   * Checks the client's answer for its key. Null: it declined, or the answer proves nothing. Rejects with a
   * `StoreError`.
   */
  async answer({ assertion, registration }: PossessionAnswer): Promise<Possession | null> {
    const asked = this.#asked;
    if (asked === null || this.#isAnswered) return null;
    this.#isAnswered = true;
    if (asked.task === 'assert')
      return assertion === undefined ? null : await this.#asserted(assertion, asked);
    return registration === undefined ? null : await this.#registered(registration, asked);
  }

  async #asserted(
    assertion: NonNullable<PossessionAnswer['assertion']>,
    asked: KeyRequest,
  ): Promise<Possession | null> {
    const { tenant, subject } = this.#request;
    const verified = await verifyAssertion(assertion, asked.keys, asked);
    if (verified === null || subject === null) return null;
    const { credentialId, counter, userVerified } = verified;
    const isNoted = await this.#parts.subjectKeys.use(
      tenant,
      subject,
      credentialId,
      counter,
      this.#parts.wallMs(),
    );
    return isNoted ? { proof: 'assertion', userVerified } : null;
  }

  async #registered(
    registration: NonNullable<PossessionAnswer['registration']>,
    asked: KeyRequest,
  ): Promise<Possession | null> {
    const verified = await verifyRegistration(registration, asked);
    if (verified === null) return null;
    const { userVerified, ...key } = verified;
    if (await this.#parts.subjectKeys.isRegistered(this.#request.tenant, key.credentialId)) return null;
    this.registration = { ...key, createdAtMs: this.#parts.wallMs() };
    return { proof: 'registration', userVerified };
  }
}

/** What goes on record with a decision, beside what the session itself knows. */
export interface ShownByClient {
  /** A key that was registered, which an accept stores. */
  readonly registers: NewSubjectKey | null;
  /** Who answers for the capture: the kiosk's key, or who attested the application; null: nobody. */
  readonly captureBy: string | null;
}

/** What the client of a session has shown, and who answers for the capture that is claimed. */
export function shownByClient(
  capture: Capture | undefined,
  trust: SessionTrust | null,
  attestedBy: string | null,
): ShownByClient {
  const by = { unattested: null, 'kiosk-signed': trust?.kioskKeyId ?? null, attested: attestedBy };
  return { registers: trust?.registration ?? null, captureBy: by[capture ?? 'unattested'] };
}
