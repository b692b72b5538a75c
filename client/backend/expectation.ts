import type { Capture, Mode, Outcome, PossessionDemand } from '@veriframe/protocol';
import type { DecisionErrorCode } from './errors.ts';
import type { DecisionKeys } from './keys.ts';
import type { DecisionClaims, Tier } from './schemas.ts';

/**
 * What a token has to say for a decision to stand. Members that may be null are required all the same: null says that
 * the caller means not to check this one.
 */
export interface DecisionExpectation {
  /** Where the public keys come from: `remoteKeys` or `fixedKeys`. */
  readonly keys: DecisionKeys;
  /** `iss`: the service's setting `VERIFRAME_ISSUER`, by default `veriframe`. */
  readonly issuer: string | null;
  /** One of `aud`: the audience that the session was created with. */
  readonly audience: string | null;
  /** `jti`: the session that this visitor was given a ticket for. */
  readonly session: string | null;
  /** `nonce`: the one that the session was created with. */
  readonly nonce: string | null;
  /** `veriframe.mode`: an enrolment is no login. */
  readonly mode: Mode | null;
  /** `veriframe.policy`: the one that was asked for, or a list of which one suffices. */
  readonly policy: string | readonly string[] | null;
  /** `sub` of an accept; null where it was not known before, as in the mode identify. */
  readonly subject: string | null;
  /** `veriframe.outcome`. Default `accept`; null takes any. */
  readonly outcome?: Outcome | null;
  /** Fewest models that must have decided. Default `base`. */
  readonly minimumTier?: Tier;
  /**
   * `veriframe.capture`: who controls the camera, or a list of which one suffices. Absent: whoever, be it a program of
   * an attacker's.
   */
  readonly capture?: Capture | readonly Capture[];
  /**
   * `veriframe.possession`: a WebAuthn key of the subject took part; `user-verified`: and verified its user. In a
   * verification only a key that the subject had before counts. Absent: none is needed.
   */
  readonly possession?: PossessionDemand;
  /** Longest time since the decision, in ms. Default: until the token expires, five minutes after the decision. */
  readonly maxAgeMs?: number;
  /** How far the two machines' clocks may differ, in ms, 0 to 60 000. Default 10 000. */
  readonly clockToleranceMs?: number;
  /** Time to judge by, in ms since 1970. Default: this machine's clock. */
  readonly atMs?: number;
  /** Ends the wait for keys; the promise then rejects with its reason. */
  readonly signal?: AbortSignal;
}

/** An expectation with its defaults filled in. */
export interface CheckedExpectation
  extends Pick<DecisionExpectation, 'issuer' | 'audience' | 'session' | 'nonce' | 'mode' | 'subject'> {
  readonly policies: readonly string[] | null;
  readonly outcome: Outcome | null;
  readonly minimumTier: Tier;
  readonly captures: readonly Capture[] | null;
  readonly possession: PossessionDemand | null;
  readonly maxAgeMs: number;
  readonly clockToleranceMs: number;
  readonly atMs: number;
}

const DEFAULT_CLOCK_TOLERANCE_MS = 10_000;
const MOST_CLOCK_TOLERANCE_MS = 60_000;
const REQUIRED = ['keys', 'issuer', 'audience', 'session', 'nonce', 'mode', 'policy', 'subject'] as const;

/**
 * Fills in the defaults. Callers without types forget things: an expectation that is missing must not read as one that
 * does not matter.
 *
 * @throws TypeError an expectation is missing; RangeError: a duration or time is out of range
 */
export function checkedExpectation(expected: DecisionExpectation): CheckedExpectation {
  const given: Partial<DecisionExpectation> | null | undefined = expected;
  const missing = REQUIRED.filter((name) => given?.[name] === undefined);
  if (missing.length > 0)
    throw new TypeError(
      `verifyDecision needs ${missing.join(', ')}: say null for what is not to be checked.`,
    );
  const {
    policy,
    outcome = 'accept',
    minimumTier = 'base',
    capture = null,
    possession = null,
    maxAgeMs = Number.POSITIVE_INFINITY,
    clockToleranceMs = DEFAULT_CLOCK_TOLERANCE_MS,
    atMs = Date.now(),
  } = expected;
  if (!(clockToleranceMs >= 0 && clockToleranceMs <= MOST_CLOCK_TOLERANCE_MS))
    throw new RangeError(`clockToleranceMs must be 0 to ${MOST_CLOCK_TOLERANCE_MS}.`);
  if (!(maxAgeMs >= 0)) throw new RangeError('maxAgeMs must be 0 or more.');
  if (!Number.isFinite(atMs)) throw new RangeError('atMs must be a time.');
  const policies = typeof policy === 'string' ? [policy] : policy;
  const captures = typeof capture === 'string' ? [capture] : capture;
  return {
    ...expected,
    policies,
    outcome,
    minimumTier,
    captures,
    possession,
    maxAgeMs,
    clockToleranceMs,
    atMs,
  };
}

type Check = readonly [DecisionErrorCode, (claims: DecisionClaims, expected: CheckedExpectation) => boolean];

const RANK: Readonly<Record<Tier, number>> = { base: 0, full: 1 };

/** What a token whose signature holds must fulfil, in this order. */
const CHECKS: readonly Check[] = [
  ['observed', ({ veriframe }) => veriframe.observed !== true],
  ['issuer', ({ iss }, { issuer }) => issuer === null || iss === issuer],
  ['audience', ({ aud = [] }, { audience }) => audience === null || [aud].flat().includes(audience)],
  [
    'not_yet_valid',
    ({ iat, nbf = iat }, { atMs, clockToleranceMs }) => Math.max(iat, nbf) * 1000 <= atMs + clockToleranceMs,
  ],
  ['expired', ({ exp }, { atMs, clockToleranceMs }) => exp * 1000 > atMs - clockToleranceMs],
  [
    'age',
    ({ iat }, { atMs, clockToleranceMs, maxAgeMs }) => atMs - iat * 1000 <= maxAgeMs + clockToleranceMs,
  ],
  ['session', ({ jti }, { session }) => session === null || jti === session],
  ['nonce', (claims, { nonce }) => nonce === null || claims.nonce === nonce],
  ['mode', ({ veriframe }, { mode }) => mode === null || veriframe.mode === mode],
  ['policy', ({ veriframe }, { policies }) => policies === null || policies.includes(veriframe.policy)],
  ['outcome', ({ veriframe }, { outcome }) => outcome === null || veriframe.outcome === outcome],
  ['subject', namesWhomItMay],
  ['tier', ({ veriframe }, { minimumTier }) => RANK[veriframe.assurance.tier] >= RANK[minimumTier]],
  [
    'capture',
    ({ veriframe }, { captures }) =>
      captures === null ||
      veriframe.outcome !== 'accept' ||
      captures.some((one) => one === (veriframe.capture ?? 'unattested')),
  ],
  ['possession', showsPossession],
];

/** A key that is made in a verification proves nothing of who was there before. */
function showsPossession({ veriframe }: DecisionClaims, { possession }: CheckedExpectation): boolean {
  if (possession === null || veriframe.outcome !== 'accept') return true;
  const shown = veriframe.possession ?? null;
  if (shown?.kind !== 'webauthn' || (possession === 'user-verified' && !shown.userVerified)) return false;
  return shown.proof === 'assertion' || veriframe.mode === 'enrol';
}

/** An accept names somebody, the one who was expected where that is known. Every other outcome names nobody. */
function namesWhomItMay({ sub, veriframe }: DecisionClaims, { subject }: CheckedExpectation): boolean {
  if (veriframe.outcome !== 'accept') return sub === undefined;
  return sub !== undefined && (subject === null || sub === subject);
}

/** The first check that the claims fail; null when they pass all. */
export function firstFailure(claims: DecisionClaims, expected: CheckedExpectation): DecisionErrorCode | null {
  return CHECKS.find(([, holds]) => !holds(claims, expected))?.[0] ?? null;
}
