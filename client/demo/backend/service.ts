import { createHmac } from 'node:crypto';
import {
  ApiError,
  type Backend,
  claimedSessionOf,
  createBackend,
  DecisionError,
  type DecisionErrorCode,
  type DecisionsPage,
  type LiveTicket,
  type SessionExpectation,
  type SessionView,
  type StartedSession,
  type SubjectKey,
  type Subjects,
  type SubjectsPage,
} from '@veriframe/backend';
import { DemoError } from './errors.ts';

export interface ServiceOptions {
  /** The service's base address; asked for when it is first needed. */
  readonly url: () => string;
  readonly apiKey: string;
  /** Whom its tokens must be from. */
  readonly issuer: string;
  readonly policy: string;
  readonly nowMs: () => number;
}

export interface NewServiceSession {
  readonly mode: 'enrol' | 'verify';
  readonly subject: string;
  /** Whether its evidence is to be followed. Needs an API key that may. */
  readonly observe?: true;
  /** A key of the subject must sign. */
  readonly needsKey?: boolean;
  /** Adds a key for the subject, who was identified in another way. Needs an API key that may vouch. */
  readonly registerKey?: true;
}

/** What a page needs to listen to a live feed. */
export type PageTicket = Pick<LiveTicket, 'ticket' | 'socketPath' | 'subprotocol'>;

export const pageTicketOf = ({ ticket, socketPath, subprotocol }: LiveTicket): PageTicket => ({
  ticket,
  socketPath,
  subprotocol,
});

/** How a session ended that the service does not know any more. */
const FORGOTTEN = { state: 'ended', outcome: null, code: null } as const;
/** This relying party's name in the tokens made for it. */
const AUDIENCE = 'veriframe-demo';

/** The face service as any customer sees it, with the demo's own words for what goes wrong. */
export class Service {
  readonly #options: ServiceOptions;
  #backend: Backend | null = null;

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  /** Whether its policy accepts nobody without colours around the picture. */
  get wantsFlash(): boolean {
    return this.#options.policy === 'standard-flash';
  }

  /** The policy that every session is asked for. */
  get policy(): string {
    return this.#options.policy;
  }

  /**
   * The subject of a user name that has no account, the same one each time. So the service counts failures against it
   * and locks it out as it would the subject of an account. Nobody without the API key can compute it.
   */
  decoySubjectFor(username: string): string {
    const { apiKey } = this.#options;
    return createHmac('sha256', apiKey).update(`nobody ${username.toLowerCase()}`).digest('hex');
  }

  /**
   * A verification runs alike whether the subject is enrolled or not, so that nobody learns from it who has an account
   * here.
   * @throws DemoError `face.locked` when the subject's verifications failed too often
   */
  async createSession({ mode, needsKey = false, ...request }: NewServiceSession): Promise<StartedSession> {
    const { policy } = this.#options;
    const require = needsKey ? { require: { possession: 'required' as const } } : {};
    return await this.#ask((backend) =>
      backend.createSession({ ...request, ...require, mode, policy, concealUnknown: mode === 'verify' }),
    );
  }

  /** Keys of a subject's devices; none of a subject that nobody is. */
  async keysOf(subject: string): Promise<readonly SubjectKey[]> {
    return await this.#ask((backend) => backend.subjects.keys(subject));
  }

  async removeKey(subject: string, key: string): Promise<void> {
    await this.#ask((backend) => backend.subjects.removeKey(subject, key));
  }

  /** A ticket for the live feed of everything this relying party runs. */
  async liveTicket(): Promise<PageTicket> {
    return pageTicketOf(await this.#ask((backend) => backend.createLiveTicket()));
  }

  /** The record of decisions, the latest first. `page`: `next` of the page before, or null. */
  async listDecisions(page: string | null): Promise<DecisionsPage> {
    return await this.#ask((backend) => backend.listDecisions({ page }));
  }

  /** Enrolled subjects by keyed hash. `page`: as for decisions. */
  async listSubjects(page: string | null): Promise<SubjectsPage> {
    return await this.#ask((backend) => backend.subjects.list({ page }));
  }

  /** What an operator does with subjects. Needs an API key that may manage them. */
  async manage<T>(act: (subjects: Subjects) => Promise<T>): Promise<T> {
    return await this.#ask((backend) => act(backend.subjects));
  }

  /** Where a session stands. `ended` when the service does not know it any more. */
  async sessionState(id: string): Promise<Pick<SessionView, 'state' | 'outcome' | 'code'>> {
    return await this.#ask((backend) =>
      backend.getSession(id).catch((error: unknown) => {
        if (error instanceof ApiError && error.code === 'api.not_found') return FORGOTTEN;
        throw error;
      }),
    );
  }

  async countReferences(subject: string): Promise<number> {
    return await this.#ask((backend) => backend.subjects.count(subject));
  }

  /** Erases all the service holds of a subject; resolves as well when it holds nothing. */
  async eraseSubject(subject: string): Promise<void> {
    await this.#ask((backend) => backend.subjects.erase(subject));
  }

  /** The session that a token claims to be for, which proves nothing. Null for what is no token. */
  claimedSession(token: string): string | null {
    try {
      return claimedSessionOf(token);
    } catch {
      return null;
    }
  }

  /**
   * The check that a token fails, or null where it is the service's word for the accept that was asked for.
   * @throws DemoError `service.unavailable` without the service's keys
   */
  async failureOf(token: string, expected: SessionExpectation): Promise<DecisionErrorCode | null> {
    return await this.#ask(async (backend) => {
      try {
        await backend.verifyDecision(token, expected);
        return null;
      } catch (error) {
        if (error instanceof DecisionError) return error.code;
        throw error;
      }
    });
  }

  /**
   * What the service answers. Rejects with `face.locked` where a subject is locked, with `service.refused` where the
   * key grants too little, and with `service.unavailable` for every other failure.
   */
  async #ask<T>(question: (backend: Backend) => Promise<T>): Promise<T> {
    const { url, apiKey, issuer, nowMs } = this.#options;
    this.#backend ??= createBackend({ url: url(), apiKey, issuer, audience: AUDIENCE, nowMs });
    try {
      return await question(this.#backend);
    } catch (cause) {
      throw cause instanceof ApiError ? demoErrorOf(cause) : new DemoError('service.unavailable', { cause });
    }
  }
}

function demoErrorOf(cause: ApiError): DemoError {
  const { code, status, retryAfterMs } = cause;
  if (status === 403) return new DemoError('service.refused', { cause });
  const wait = retryAfterMs === null ? {} : { retryAfterSeconds: Math.ceil(retryAfterMs / 1000) };
  return new DemoError(code === 'subject.locked' ? 'face.locked' : 'service.unavailable', {
    cause,
    ...(status === 429 ? wait : {}),
  });
}
