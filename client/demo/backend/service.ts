import { createHmac } from 'node:crypto';
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import { z } from 'zod';
import { MODES, OUTCOMES, type Mode, type Outcome } from '@veriframe/protocol';
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
  readonly mode: Extract<Mode, 'enrol' | 'verify'>;
  readonly subject: string;
  readonly nonce: string;
  /** Whether its evidence is to be followed. Needs an API key that may. */
  readonly observe?: true;
}

const liveTicket = z.object({ ticket: z.string(), socketPath: z.string(), subprotocol: z.string() });
export type LiveTicket = z.infer<typeof liveTicket>;

const createdSession = z.object({
  sessionId: z.string(),
  ticket: z.string(),
  socketPath: z.string(),
  observation: liveTicket.optional(),
});
export type ServiceSession = z.infer<typeof createdSession>;

/** What a genuine token of the service says. */
export interface TokenClaims {
  readonly sessionId: string;
  readonly mode: Mode;
  readonly outcome: Outcome;
  /** Only an accept names anyone. */
  readonly subject: string | null;
  readonly nonce: string | null;
}

const claims = z.object({
  jti: z.string(),
  sub: z.string().optional(),
  nonce: z.string().optional(),
  veriframe: z.object({ mode: z.enum(MODES), outcome: z.enum(OUTCOMES) }),
});
const sessionView = z.object({
  state: z.enum(['waiting', 'running', 'decided', 'ended']),
  outcome: z.enum(OUTCOMES).nullable(),
  /** The error that ended it without a decision. */
  code: z.string().nullable(),
});
const decisionsPage = z.object({
  decisions: z.array(
    z.object({
      sessionId: z.string(),
      subjectHash: z.string().nullable(),
      mode: z.enum(MODES),
      outcome: z.enum(OUTCOMES).nullable(),
      /** The error that ended an attempt without a decision. */
      code: z.string().nullable(),
      policy: z.string(),
      reasons: z.array(z.string()),
      tier: z.enum(['base', 'full']).nullable(),
      challengesPassed: z.int().nullable(),
      startedAtMs: z.number(),
      decidedAtMs: z.number(),
    }),
  ),
  next: z.string().nullable(),
});
export type DecisionsPage = z.infer<typeof decisionsPage>;

const subjectsPage = z.object({
  total: z.int(),
  subjects: z.array(
    z.object({
      subjectHash: z.string(),
      references: z.int(),
      firstEnrolledAtMs: z.number(),
      lastEnrolledAtMs: z.number(),
    }),
  ),
  next: z.string().nullable(),
});
export type SubjectsPage = z.infer<typeof subjectsPage>;

const LISTED = 50;
const subjectView = z.object({ references: z.int() });

/** This relying party's name in the tokens made for it. */
const AUDIENCE = 'veriframe-demo';
const ANSWER_MS = 10_000;

/** The face service as any customer sees it: HTTP with an API key, and tokens checked against published keys. */
export class Service {
  readonly #options: ServiceOptions;
  #keys: ReturnType<typeof createRemoteJWKSet> | null = null;

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  /** Whether its policy accepts nobody without colours around the picture. */
  get wantsFlash(): boolean {
    return this.#options.policy === 'standard-flash';
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
   * The audience and the nonce come back in the token. A verification runs alike whether the subject is enrolled
   * or not, so that nobody learns from it who has an account here.
   * @throws DemoError `face.locked` when the subject's verifications failed too often
   */
  async createSession({ mode, subject, nonce, observe }: NewServiceSession): Promise<ServiceSession> {
    const { policy } = this.#options;
    const body = {
      mode,
      subject,
      nonce,
      policy,
      audience: AUDIENCE,
      ...(mode === 'verify' ? { concealUnknown: true } : {}),
      ...(observe === undefined ? {} : { observe }),
    };
    return createdSession.parse(await this.#ask('POST', '/v1/sessions', body));
  }

  /** A ticket for the live feed of everything this relying party runs. */
  async liveTicket(): Promise<LiveTicket> {
    return liveTicket.parse(await this.#ask('POST', '/v1/live', {}));
  }

  /** The record of decisions, the latest first. `page`: `next` of the page before, or null. */
  async listDecisions(page: string | null): Promise<DecisionsPage> {
    return decisionsPage.parse(await this.#ask('GET', listPath('/v1/decisions', 'before', page)));
  }

  /** Enrolled subjects by keyed hash. `page`: as for decisions. */
  async listSubjects(page: string | null): Promise<SubjectsPage> {
    return subjectsPage.parse(await this.#ask('GET', listPath('/v1/subjects', 'after', page)));
  }

  /** Where a session stands. `ended` when the service does not know it any more. */
  async sessionState(id: string): Promise<z.infer<typeof sessionView>> {
    const answer = await this.#ask('GET', `/v1/sessions/${encodeURIComponent(id)}`);
    return answer === null ? { state: 'ended', outcome: null, code: null } : sessionView.parse(answer);
  }

  async countReferences(subject: string): Promise<number> {
    const answer = await this.#ask('GET', `/v1/subjects/${encodeURIComponent(subject)}`);
    return answer === null ? 0 : subjectView.parse(answer).references;
  }

  /** Erases all the service holds of a subject; resolves as well when it holds nothing. */
  async eraseSubject(subject: string): Promise<void> {
    await this.#ask('DELETE', `/v1/subjects/${encodeURIComponent(subject)}`);
  }

  /**
   * Checks a token's signature, type, issuer, audience and expiry.
   * @throws DemoError `face.refused` when it does not hold, `service.unavailable` without the service's keys
   */
  async checkToken(token: string): Promise<TokenClaims> {
    const { url, issuer, nowMs } = this.#options;
    this.#keys ??= createRemoteJWKSet(new URL('/.well-known/jwks.json', url()), {
      timeoutDuration: ANSWER_MS,
    });
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        algorithms: ['EdDSA'],
        typ: 'veriframe-decision+jwt',
        issuer,
        audience: AUDIENCE,
        requiredClaims: ['jti', 'iat', 'exp', 'nonce'],
        currentDate: new Date(nowMs()),
      });
      const { jti, sub = null, nonce = null, veriframe } = claims.parse(payload);
      return { sessionId: jti, mode: veriframe.mode, outcome: veriframe.outcome, subject: sub, nonce };
    } catch (cause) {
      throw new DemoError(isFaultOfToken(cause) ? 'face.refused' : 'service.unavailable', { cause });
    }
  }

  /**
   * The answer to an API request; null for 404. Rejects with `face.locked` where a subject is locked, with
   * `service.refused` where the key grants too little, and with `service.unavailable` for every other failure.
   */
  async #ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const { url, apiKey } = this.#options;
    try {
      const response = await fetch(new URL(path, url()), {
        method,
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        redirect: 'error',
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      if (response.status === 404 && method !== 'POST') return null;
      if (response.status === 403) throw new DemoError('service.refused');
      if (response.status === 429) throw await lockedOrBusy(response);
      if (!response.ok) throw new Error(`${method} ${path.split('/', 3).join('/')}: ${response.status}`);
      return await response.json();
    } catch (cause) {
      throw cause instanceof DemoError ? cause : new DemoError('service.unavailable', { cause });
    }
  }
}

const refusal = z.object({ error: z.object({ code: z.string() }) });
const seconds = z.coerce.number().int().positive();

async function lockedOrBusy(response: Response): Promise<DemoError> {
  const { error } = refusal.parse(await response.json());
  const retryAfterSeconds = seconds.safeParse(response.headers.get('retry-after')).data;
  return new DemoError(
    error.code === 'subject.locked' ? 'face.locked' : 'service.unavailable',
    retryAfterSeconds === undefined ? {} : { retryAfterSeconds },
  );
}

function listPath(path: string, parameter: string, page: string | null): string {
  const query = new URLSearchParams({
    limit: String(LISTED),
    ...(page === null ? {} : { [parameter]: page }),
  });
  return `${path}?${query.toString()}`;
}

/** Whether a token was found wanting, rather than the keys to check it with out of reach. */
function isFaultOfToken(cause: unknown): boolean {
  if (!(cause instanceof errors.JOSEError)) return cause instanceof z.ZodError;
  return !['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JOSE_GENERIC'].includes(cause.code);
}
