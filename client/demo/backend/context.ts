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

/** The parts and settings that the demo's operations share. */
export interface DemoContext {
  readonly users: Users;
  readonly browsers: BrowserSessions;
  readonly faces: FaceSessions;
  readonly signIns: SignIns;
  readonly service: Service;
  /** Null when the model for help on the device was not prepared. */
  readonly help: HelpFiles | null;
  readonly limits: {
    readonly registrations: AttemptLimiter;
    /** Each way to sign in has its own limits: exhausting the limits of one does not block the other. */
    readonly passwords: {
      /** By username and address: attempts of one client on one account. */
      readonly guessers: AttemptLimiter;
      /**
       * By username: attempts of all clients on one account. Places from which the account was signed in before are
       * counted separately. Otherwise anybody who knows the username could lock the owner out.
       */
      readonly accounts: AttemptLimiter;
      /** By address: attempts of one client on all accounts. */
      readonly addresses: AttemptLimiter;
    };
    /** How often the service is asked for a ticket. The service itself limits the attempts on one face. */
    readonly faces: {
      /** By username and address. */
      readonly askers: AttemptLimiter;
      readonly addresses: AttemptLimiter;
    };
    /** By address: attempts of one client on the operator's secret. */
    readonly operators: AttemptLimiter;
    /** By user: how often a user may start a view of their own session. */
    readonly views: AttemptLimiter;
  };
  /** Null when there is no operator's page. */
  readonly operators: Operators | null;
  readonly nowMs: () => number;
}

const MINUTE_MS = 60_000;
/** How long after confirming their identity a user may change the ways to sign in. */
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

interface SignedIn {
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
 * Whether the user has confirmed their identity recently; the cookie alone does not count. An account without a face
 * and a password counts as confirmed, because it has no other proof than the cookie.
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
