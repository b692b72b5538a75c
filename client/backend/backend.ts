import { randomBytes } from 'node:crypto';
import type { CaptureDemand, Mode, PossessionDemand } from '@veriframe/protocol';
import { DEFAULT_POLICY, type OperationId } from '@veriframe/protocol/http';
import { type AcceptedDecision, type VerifiedDecision, verifyDecision } from './decision.ts';
import type { DecisionExpectation } from './expectation.ts';
import { type ApiRequest, ask, baseOf, type Connection } from './http.ts';
import { type CallOptions, type PageOptions, pageQuery } from './calls.ts';
import { remoteKeys } from './keys.ts';
import type { CreatedSession, DecisionsPage, KioskKey, LiveTicket, SessionView } from './schemas.ts';
import { type Subjects, subjectsOf } from './subjects.ts';

export interface BackendOptions {
  /** Base address of the service, http or https, such as `https://faces.example`. A path is kept as a prefix. */
  readonly url: string | URL;
  /** `vf_…`: stays on this server. */
  readonly apiKey: string;
  /** In place of the global `fetch`. */
  readonly fetch?: typeof fetch;
  /** Longest wait for one answer, in ms. Default 10 000. */
  readonly timeoutMs?: number;
  /** The clock that tokens are judged by, in ms since 1970. Default: this machine's. */
  readonly nowMs?: () => number;
}

/** Whose tokens are taken, and for whom they must be. */
export interface BackendNames {
  /** The service's setting `VERIFRAME_ISSUER`, by default `veriframe`. */
  readonly issuer: string | null;
  /** This relying party's name. Every session is created for it, so a token made for another site opens nothing. */
  readonly audience: string | null;
}

/** What must be shown beside the pictures. What is missing ends the session `re-verify`. */
export interface SessionDemand {
  /** Who must control the camera. */
  readonly capture?: CaptureDemand;
  /** A WebAuthn key of the subject must sign; `user-verified`: and verify its user, by PIN or fingerprint. */
  readonly possession?: PossessionDemand;
}

/** A platform's verdict about the application that runs a session, which the caller has checked. */
export interface Attestation {
  /** The session's nonce, which the verdict is for. */
  readonly nonce: string;
  /** Whose verdict it is, 1 to 64 of `A-Z a-z 0-9 _ . : -`, such as `play-integrity`. */
  readonly issuer: string;
}

/** What a session is asked for. */
export type NewSession = {
  /** Default `standard`. */
  readonly policy?: string;
  /** 1 to 256 characters. Default: 24 random bytes. */
  readonly nonce?: string;
  /**
   * Verify a subject without references against one that nobody matches, instead of refusing, so that nobody learns who
   * is enrolled.
   */
  readonly concealUnknown?: boolean;
  /** Lets its evidence be followed. Its token proves nothing, and the API key must have the right `mayObserve`. */
  readonly observe?: boolean;
  /** What must be shown beside the pictures. Not possession in the mode identify. */
  readonly require?: SessionDemand;
  /**
   * Registers another WebAuthn key for the subject; the first enrolment does so by itself. The caller vouches that the
   * person was identified in another way, and the API key must have the right `mayVouch`.
   */
  readonly registerKey?: boolean;
} & (
  | {
      readonly mode: Exclude<Mode, 'identify'>;
      /** 1 to 128 of `A-Z a-z 0-9 . _ @ + : -`, beginning with a letter or digit. Best a random id. */
      readonly subject: string;
    }
  | { readonly mode: 'identify'; readonly subject?: never }
);

/** What the token of one session has to say. Plain JSON: keep it in the visitor's session until the token comes. */
export interface SessionExpectation {
  readonly session: string;
  readonly nonce: string;
  readonly mode: Mode;
  readonly policy: string;
  /** Null in the mode identify. */
  readonly subject: string | null;
  /** What was demanded; absent: nothing. */
  readonly capture?: CaptureDemand;
  readonly possession?: PossessionDemand;
}

export interface StartedSession extends CreatedSession {
  /** For `verifyDecision`. Stays on this server. */
  readonly expected: SessionExpectation;
}

/** Keys with which kiosks sign. The API key must have the right `mayVouch`. Every call rejects with `ApiError`. */
export interface KioskKeys {
  /** Enrols a public key: 32 bytes of Ed25519, base64url. */
  add(key: { readonly name: string; readonly publicKey: string }, options?: CallOptions): Promise<KioskKey>;
  list(options?: CallOptions): Promise<readonly KioskKey[]>;
  /** Refuses the key in sessions that begin from now on. `api.not_found`: it is not there, or was revoked before. */
  revoke(id: string, options?: CallOptions): Promise<void>;
}

type Names = keyof BackendNames;

/** A service as its relying party uses it. Made by `createBackend`. */
export interface Backend<Expected = Omit<DecisionExpectation, 'keys' | Names>> {
  /**
   * Creates a session, for the audience and with the nonce that its token has to repeat. Give the ticket to the client
   * and keep `expected`.
   *
   * @throws ApiError such as `subject.unknown`, `subject.locked` (with `retryAfterMs`), `server.busy`
   *
   * @example
   * const { ticket, expected } = await veriframe.createSession({ mode: 'verify', subject: 'ada' });
   * visitor.face = expected;
   */
  createSession(request: NewSession, options?: CallOptions): Promise<StartedSession>;
  /**
   * Where a session of this API key's tenant stands.
   *
   * @throws ApiError `api.not_found` when the service does not know it, or not any more
   */
  getSession(sessionId: string, options?: CallOptions): Promise<SessionView>;
  /**
   * Checks a token as the function `verifyDecision` does, against the keys that the service publishes, with the issuer
   * and audience of this client.
   *
   * @throws DecisionError the token does not prove what was expected
   * @throws ApiError the keys cannot be had, so nothing is known of the token
   *
   * @example
   * const { face } = visitor;
   * delete visitor.face; // a token is good once
   * const { subject } = await veriframe.verifyDecision(token, face);
   */
  verifyDecision(
    token: string,
    expected: Expected & { readonly outcome?: 'accept' },
  ): Promise<AcceptedDecision>;
  verifyDecision(token: string, expected: Expected): Promise<VerifiedDecision>;
  /**
   * Vouches for the application that runs a session, once its platform's verdict was checked (Play Integrity, App
   * Attest). The API key must have the right `mayVouch`.
   *
   * @throws ApiError `api.invalid` for another nonce, `session.decided` when it comes too late
   */
  attest(sessionId: string, attestation: Attestation, options?: CallOptions): Promise<void>;
  readonly subjects: Subjects;
  readonly kioskKeys: KioskKeys;
  /** Attempts that have ended, the latest first. The API key must have the right `mayObserve`. */
  listDecisions(options?: PageOptions): Promise<DecisionsPage>;
  /** A ticket for the live feed of what the tenant runs. The API key must have the right `mayObserve`. */
  createLiveTicket(options?: CallOptions): Promise<LiveTicket>;
}

const NONCE_BYTES = 24;
const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * A client of one service. It keeps the service's public keys, so make one and use it for all visitors. Without
 * `issuer` and `audience` each call of `verifyDecision` must name them.
 *
 * @throws TypeError for an address or key that cannot be one; neither is repeated in the message
 *
 * @example
 * const veriframe = createBackend({
 *   url: 'https://faces.example',
 *   apiKey: process.env.VERIFRAME_API_KEY,
 *   issuer: 'veriframe',
 *   audience: 'shop',
 * });
 */
export function createBackend(options: BackendOptions & BackendNames): Backend;
export function createBackend(
  options: BackendOptions & Partial<BackendNames>,
): Backend<Omit<DecisionExpectation, 'keys'>>;
export function createBackend({
  url,
  apiKey,
  issuer,
  audience,
  fetch: fetchFrom = globalThis.fetch,
  timeoutMs = DEFAULT_TIMEOUT_MS,
  nowMs = Date.now,
}: BackendOptions & Partial<BackendNames>): Backend<Partial<DecisionExpectation>> {
  const base = baseOf(url);
  const connection: Connection = { base, apiKey: checkedKey(apiKey), fetch: fetchFrom, timeoutMs };
  const keys = remoteKeys(new URL('.well-known/jwks.json', base), { fetch: fetchFrom, timeoutMs });
  const api = <Id extends OperationId>(request: ApiRequest<Id>) => ask(connection, request);
  return {
    async createSession(request, { signal } = {}) {
      // The default policy is named all the same, so that the token can be held to it.
      const { policy = DEFAULT_POLICY, nonce = newNonce(), require, ...rest } = request;
      const { mode, subject } = rest;
      const body = { ...rest, policy, nonce, require, audience: audience ?? undefined };
      const created = await api({ operation: 'createSession', body, signal });
      const expected = {
        session: created.sessionId,
        nonce,
        mode,
        policy,
        subject: subject ?? null,
        ...require,
      };
      return { ...created, expected };
    },
    getSession: (id, { signal } = {}) => api({ operation: 'getSession', params: { id }, signal }),
    // What is missing after all is found by verifyDecision itself.
    verifyDecision: (async (token: string, expected: Partial<DecisionExpectation>) =>
      verifyDecision(token, {
        ...(issuer === undefined ? {} : { issuer }),
        ...(audience === undefined ? {} : { audience }),
        atMs: nowMs(),
        ...expected,
        keys,
      } as DecisionExpectation)) as Backend['verifyDecision'],
    subjects: subjectsOf(api),
    async attest(id, { nonce, issuer: by }, { signal } = {}) {
      await api({ operation: 'attestSession', params: { id }, body: { nonce, issuer: by }, signal });
    },
    kioskKeys: {
      add: ({ name, publicKey }, { signal } = {}) =>
        api({ operation: 'addKioskKey', body: { name, publicKey }, signal }),
      async list({ signal } = {}) {
        return (await api({ operation: 'listKioskKeys', signal })).keys;
      },
      async revoke(id, { signal } = {}) {
        await api({ operation: 'revokeKioskKey', params: { id }, signal });
      },
    },
    listDecisions: ({ signal, limit, page } = {}) =>
      api({ operation: 'listDecisions', query: pageQuery('before', page, limit), signal }),
    createLiveTicket: ({ signal } = {}) => api({ operation: 'createLiveTicket', body: {}, signal }),
  };
}

/** A key with other characters would be refused by `fetch` with a message that repeats it. */
function checkedKey(apiKey: string): string {
  if (typeof apiKey === 'string' && /^[\x21-\x7e]+$/.test(apiKey)) return apiKey;
  throw new TypeError('apiKey must be one word of ASCII characters.');
}

const newNonce = () => randomBytes(NONCE_BYTES).toString('base64url');
