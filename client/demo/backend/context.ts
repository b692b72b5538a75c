import { AttemptLimiter } from './attempt-limiter.ts';
import { BrowserSessions, type BrowserSession } from './browser-sessions.ts';
import type { Database } from './database.ts';
import { DemoError } from './errors.ts';
import { FaceSessions } from './face-sessions.ts';
import type { HelpFiles } from './help-files.ts';
import { type DemoRequest, sessionCookie } from './http.ts';
import { Operators } from './operators.ts';
import type { Service } from './service.ts';
import { SignIns } from './sign-ins.ts';
import { type User, Users } from './users.ts';

/** All that the demo's operations work with. */
export interface DemoContext {
  readonly users: Users;
  readonly browsers: BrowserSessions;
  readonly faces: FaceSessions;
  readonly signIns: SignIns;
  readonly service: Service;
  /** Null where the model for help on the device was not prepared. */
  readonly help: HelpFiles | null;
  readonly limits: {
    readonly registrations: AttemptLimiter;
    /** Each way in has limits of its own: whoever uses one of them up, of whatever account, closes no other. */
    readonly passwords: {
      /** By username and address together: what one guesser may try on one account. */
      readonly guessers: AttemptLimiter;
      /**
       * By username: what all the world may try on one account, but for places that it was signed in from. Those are
       * counted each by itself, or whoever knows a name could keep its owner out.
       */
      readonly accounts: AttemptLimiter;
      /** By address: what one guesser may try on all accounts. */
      readonly addresses: AttemptLimiter;
    };
    /** How often the service is asked for a ticket. It counts by itself what is tried on one face. */
    readonly faces: {
      /** By username and address together. */
      readonly askers: AttemptLimiter;
      readonly addresses: AttemptLimiter;
    };
    /** By address: what one guesser may try of the operator's secret. */
    readonly operators: AttemptLimiter;
    /** By user: how often somebody may watch what the service sees. */
    readonly views: AttemptLimiter;
  };
  /** Null where there is no operator's page. */
  readonly operators: Operators | null;
  readonly nowMs: () => number;
}

const MINUTE_MS = 60_000;
/** How long after proving who they are a user may change what opens the account. */
const CONFIRMED_MS = 10 * MINUTE_MS;

export function createContext(
  database: Database,
  service: Service,
  help: HelpFiles | null,
  nowMs: () => number,
  operatorSecret: string | null,
): DemoContext {
  const limiter = (most: number, withinMs: number) => new AttemptLimiter({ most, withinMs }, nowMs);
  return {
    users: new Users(database, nowMs),
    browsers: new BrowserSessions(database, nowMs),
    faces: new FaceSessions(database, nowMs),
    signIns: new SignIns(database, nowMs),
    service,
    help,
    limits: {
      registrations: limiter(30, 60 * MINUTE_MS),
      passwords: {
        guessers: limiter(5, 10 * MINUTE_MS),
        accounts: limiter(30, 10 * MINUTE_MS),
        addresses: limiter(60, 10 * MINUTE_MS),
      },
      faces: { askers: limiter(20, 10 * MINUTE_MS), addresses: limiter(60, 10 * MINUTE_MS) },
      operators: limiter(10, 10 * MINUTE_MS),
      views: limiter(20, 10 * MINUTE_MS),
    },
    operators: operatorSecret === null ? null : new Operators(operatorSecret, nowMs),
    nowMs,
  };
}

export interface SignedIn {
  readonly user: User;
  readonly session: BrowserSession;
}

export function whoIsSignedIn(context: DemoContext, request: DemoRequest): SignedIn | null {
  const session = context.browsers.find(sessionCookie(request));
  if (session === null || session.userId === null) return null;
  const user = context.users.byId(session.userId);
  return user === null ? null : { user, session };
}

/** @throws DemoError `sign_in.required` */
export function requireSignedIn(context: DemoContext, request: DemoRequest): SignedIn {
  const signedIn = whoIsSignedIn(context, request);
  if (signedIn === null) throw new DemoError('sign_in.required');
  return signedIn;
}

/**
 * Whether the user proved who they are a short while ago, and not only the cookie did. Where there is neither face
 * nor password yet, the cookie is all there is to prove it with.
 */
export function isConfirmed({ nowMs }: DemoContext, { user, session }: SignedIn): boolean {
  if (user.faceSetUpAtMs === null && user.passwordHash === null) return true;
  return session.confirmedAtMs !== null && nowMs() - session.confirmedAtMs < CONFIRMED_MS;
}

/** @throws DemoError `sign_in.required`, `confirmation.required` */
export function requireConfirmed(context: DemoContext, request: DemoRequest): SignedIn {
  const signedIn = requireSignedIn(context, request);
  if (!isConfirmed(context, signedIn)) throw new DemoError('confirmation.required');
  return signedIn;
}
