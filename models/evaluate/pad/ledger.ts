import { createHash } from 'node:crypto';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { FrameAnalyzer } from '../../../server/inference/calls.ts';
import type { Policy } from '../../../server/policy/shape.ts';
import { CUES, type Cue } from '../../../server/policy/cues.ts';
import type { SessionContext } from '../../../server/session/state.ts';
import { boundsByPerson } from '../bounds-by-person.ts';
import { proportion, type Bounded } from '../proportion.ts';
import { seededRandom } from '../seeded-random.ts';
import type { Footage } from './footage.ts';
import { type MotionScorer, playSession, type Played } from './session-player.ts';
import type { SessionKind, Stage } from './session-kinds.ts';

/** Results of one cue in the sessions of a kind. */
interface CueSummary {
  readonly cue: Cue;
  /** Number of sessions that measured the cue, and the number of those whose log-likelihood ratio was negative. */
  readonly measured: number;
  readonly against: number;
  readonly meanLlr: number | null;
}

/** Results of the presentations of one kind on one tier. */
export interface LedgerRow {
  readonly kind: string;
  readonly label: string;
  readonly role: SessionKind['role'];
  readonly attackClass: SessionKind['attackClass'];
  readonly origin: SessionKind['origin'];
  readonly cost: string | null;
  readonly unasked: boolean;
  readonly tier: Tier;
  readonly presentations: number;
  /** Number of recordings that were presented, and number of those that were accepted at least once. */
  readonly recordings: number;
  readonly recordingsAccepted: number;
  readonly people: number | null;
  readonly accepted: number;
  readonly rejected: number;
  readonly reVerified: number;
  readonly closed: number;
  /**
   * For attacks the share accepted: APCER (ISO/IEC 30107-3), which is IAPAR here because the comparison is part of the
   * decision. For bona fide subjects the share not accepted: BPCER.
   */
  readonly errorRate: Bounded;
  /** Bounds of the same rate by person: sessions of one person are not independent. */
  readonly byPerson: Pick<Bounded, 'low' | 'high'>;
  /** Number of sessions by the reasons of their decision, most frequent first. */
  readonly reasons: readonly { readonly reasons: string; readonly sessions: number }[];
  readonly cues: readonly CueSummary[];
  /** Median time from the first frame to the decision, in ms. */
  readonly medianMs: number;
  readonly p90Ms: number;
  /** The same without the time of the challenges, for accepted sessions only; null when there are none. */
  readonly medianOverheadMs: number | null;
}

export const TIERS = ['base', 'full'] as const;
export type Tier = (typeof TIERS)[number];

/** One session of a ledger, for the calibration of the cues. */
export interface LedgerSession {
  readonly kind: string;
  readonly role: SessionKind['role'];
  readonly unasked: boolean;
  readonly tier: Tier;
  readonly recording: string;
  readonly person: string;
  readonly played: Played;
  /** Of an attack: whether it got what it wanted. Of a bona fide subject: whether it was accepted. */
  readonly succeeded: boolean;
}

interface LedgerOptions {
  readonly kinds: readonly SessionKind[];
  readonly footages: ReadonlyMap<string, Footage>;
  readonly policy: Policy;
  readonly contexts: readonly { readonly tier: Tier; readonly context: SessionContext }[];
  readonly scoreMotion: MotionScorer | null;
  /** Workers with the models of a tier. The caller owns them. */
  readonly openAnalyzer: (tier: Tier) => Promise<FrameAnalyzer>;
  /** Number of presentations of each kind. */
  readonly presentations: number;
  readonly seed: number;
  /** Is given each session when it has ended. */
  readonly onSession: (session: LedgerSession) => void;
}

export interface Ledger {
  readonly rows: readonly LedgerRow[];
  readonly sessions: readonly LedgerSession[];
  /** Kinds without anything to present, by tier. */
  readonly empty: readonly { readonly kind: string; readonly tier: Tier }[];
}

/** Presents every kind the given number of times. Each session draws new challenges. */
export async function runLedger(options: LedgerOptions): Promise<Ledger> {
  const rows: LedgerRow[] = [];
  const sessions: LedgerSession[] = [];
  const empty: { kind: string; tier: Tier }[] = [];
  const recordedOn = { base: new Map(), full: new Map() } satisfies Record<Tier, Stage['recorded']>;
  for (const kind of options.kinds) {
    const policy = kind.unasked ? withoutChallenges(options.policy) : options.policy;
    for (const { tier, context } of options.contexts) {
      const { footages, scoreMotion } = options;
      const recorded = recordedOn[tier];
      const openAnalyzer = () => options.openAnalyzer(tier);
      const stage: Stage = { footages, policy, context, scoreMotion, openAnalyzer, recorded };
      const present = await kind.prepare(stage);
      if (present === null) {
        empty.push({ kind: kind.id, tier });
        continue;
      }
      const played: LedgerSession[] = [];
      const indices = Array.from({ length: options.presentations }, (_, index) => index).values();
      const lane = async () => {
        for (const index of indices) {
          const random = seededRandom(seedOf(options.seed, kind.id, index));
          const made = await present(random, index);
          const { recording, person = recording, hasSucceeded = isAccept, ...presented } = made;
          const result = await playSession({ policy, ...presented, context, random, scoreMotion });
          const { id, role, unasked } = kind;
          const succeeded = await hasSucceeded(result);
          const session = { kind: id, role, unasked, tier, recording, person, played: result, succeeded };
          played[index] = session;
          options.onSession(session);
          // A long run must handle an interrupt and draw its progress.
          if (index % 20 === 0) await turnOfTheLoop();
        }
      };
      // One picture is drawn while another is analysed.
      await Promise.all([lane(), lane()]);
      rows.push(summarise(kind, tier, played));
      sessions.push(...played);
    }
  }
  return { rows, sessions, empty };
}

const isAccept = ({ outcome }: Played) => outcome === 'accept';

/** Matching time of a recording, in ms: about twice the duration of a session with challenges. */
const UNASKED_MATCHING_MS = 15_000;

/**
 * The policy without challenges, for recordings, which cannot answer them. Challenges contribute most of the evidence
 * of liveness. Without them, the other cues are only required not to speak against it.
 */
export function withoutChallenges(policy: Policy): Policy {
  return {
    ...policy,
    timing: { ...policy.timing, matchingMs: UNASKED_MATCHING_MS },
    challenges: null,
    requiredCues: policy.requiredCues.filter((cue) => cue !== 'challenge'),
    fusion: {
      ...policy.fusion,
      acceptLiveness: policy.fusion.prior,
      cues: policy.fusion.cues.filter((cue) => cue !== 'challenge'),
    },
  };
}

function seedOf(seed: number, kind: string, index: number): number {
  return createHash('sha256').update(`${seed} ${kind} ${index}`).digest().readUInt32LE();
}

function summarise(kind: SessionKind, tier: Tier, sessions: readonly LedgerSession[]): LedgerRow {
  const played = sessions.map((session) => session.played);
  const of = (outcome: Played['outcome']) => played.filter((one) => one.outcome === outcome).length;
  const acceptedOnce = sessions.filter(({ succeeded }) => succeeded);
  const accepted = acceptedOnce.length;
  const errors = kind.role === 'attack' ? accepted : played.length - accepted;
  const took = played.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b);
  const overheads = acceptedOnce
    .map((session) => session.played.tookMs - session.played.challengesMs)
    .toSorted((a, b) => a - b);
  const { id, label, role, attackClass, origin, cost = null, unasked, people } = kind;
  return {
    kind: id,
    label,
    role,
    attackClass,
    origin,
    cost,
    unasked,
    people,
    tier,
    presentations: played.length,
    recordings: new Set(sessions.map(({ recording }) => recording)).size,
    recordingsAccepted: new Set(acceptedOnce.map(({ recording }) => recording)).size,
    accepted,
    rejected: of('reject'),
    reVerified: of('re-verify'),
    closed: of('closed'),
    errorRate: proportion(errors, played.length),
    byPerson: boundsByPerson(errorsByPerson(kind.role, sessions)),
    reasons: countReasons(played),
    cues: CUES.map((cue) => summariseCue(cue, played)),
    medianMs: quantile(took, 0.5),
    p90Ms: quantile(took, 0.9),
    medianOverheadMs: overheads.length === 0 ? null : quantile(overheads, 0.5),
  };
}

/** Errors and sessions of each person. */
function errorsByPerson(role: SessionKind['role'], sessions: readonly LedgerSession[]) {
  const people = new Map<string, { errors: number; sessions: number }>();
  for (const { person, succeeded } of sessions) {
    const { errors, sessions: before } = people.get(person) ?? { errors: 0, sessions: 0 };
    const isError = succeeded === (role === 'attack');
    people.set(person, { errors: errors + (isError ? 1 : 0), sessions: before + 1 });
  }
  return [...people.values()];
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

function countReasons(played: readonly Played[]): LedgerRow['reasons'] {
  const counts = new Map<string, number>();
  for (const { outcome, reasons } of played) {
    const key = outcome === 'closed' ? 'closed' : reasons.join(' + ');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts]
    .map(([reasons, sessions]) => ({ reasons, sessions }))
    .toSorted((a, b) => b.sessions - a.sessions);
}

function summariseCue(cue: Cue, played: readonly Played[]): CueSummary {
  const ratios = played.flatMap(({ evidence }) => {
    const one = evidence?.[cue];
    return one?.measured ? [one.logLikelihoodRatio] : [];
  });
  return {
    cue,
    measured: ratios.length,
    against: ratios.filter((llr) => llr < 0).length,
    meanLlr: ratios.length === 0 ? null : ratios.reduce((sum, llr) => sum + llr, 0) / ratios.length,
  };
}
