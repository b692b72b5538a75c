import {
  INJECTION_INDICATORS,
  type InjectionIndicator,
} from '../../../../server/evidence/injection-indicators.ts';
import { boundsByPerson } from '../../bounds-by-person.ts';
import { proportion, type Bounded } from '../../proportion.ts';
import { POLICY_NAMES } from '../../../../server/policy/shape.ts';
import { TIERS } from '../ledger.ts';
import { cellKey, MODES, type BonaFideSession, type Cell } from './session.ts';
import { CONDITIONS } from './subject.ts';

/** Results of the sessions of one cell. */
export interface BonaFideRow extends Cell {
  readonly sessions: number;
  readonly people: number;
  /** Number of people with at least one session that was not accepted. */
  readonly peopleRefused: number;
  /**
   * BPCER (ISO/IEC 30107-3): share of sessions that were not accepted. The bounds are exact for independent sessions.
   */
  readonly errorRate: Bounded;
  /** The same rate with bounds by person. */
  readonly byPerson: Pick<Bounded, 'low' | 'high'>;
  /** Sessions that were rejected by an injection indicator, or by `face-changed`, whatever the other evidence. */
  readonly refusedBySigns: number;
  /** Sessions that were not accepted, by their reasons, most frequent first. */
  readonly failures: readonly { readonly reasons: string; readonly sessions: number }[];
  /**
   * Share of all sessions with each injection indicator, most frequent first; indicators of no session are left out.
   */
  readonly signs: readonly { readonly sign: InjectionIndicator; readonly share: number }[];
  /** Median time from the first frame to the decision, in ms. */
  readonly medianMs: number;
}

const ALONE = ['injection-above-bar', 'face-changed'] as const;
/** Rows of all cells that contain sessions, in the order of conditions, policies, tiers and modes. */
export function summarise(sessions: readonly BonaFideSession[]): BonaFideRow[] {
  const cells = new Map<string, BonaFideSession[]>();
  for (const session of sessions) {
    const cell = cells.get(cellKey(session));
    if (cell === undefined) cells.set(cellKey(session), [session]);
    else cell.push(session);
  }
  return [...cells.values()].map(rowOf).toSorted((a, b) => placeOf(a) - placeOf(b));
}

const placeOf = ({ condition, policy, tier, mode }: Cell): number =>
  ((CONDITIONS.indexOf(condition) * POLICY_NAMES.length + POLICY_NAMES.indexOf(policy)) * TIERS.length +
    TIERS.indexOf(tier)) *
    MODES.length +
  MODES.indexOf(mode);

function rowOf(sessions: readonly BonaFideSession[]): BonaFideRow {
  const { condition, policy, tier, mode } = sessions[0];
  const failed = sessions.filter(({ outcome }) => outcome !== 'accept');
  const people = new Map<string, { errors: number; sessions: number }>();
  for (const { person, outcome } of sessions) {
    const of = people.get(person) ?? { errors: 0, sessions: 0 };
    people.set(person, {
      errors: of.errors + (outcome === 'accept' ? 0 : 1),
      sessions: of.sessions + 1,
    });
  }
  const took = sessions.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b);
  return {
    condition,
    policy,
    tier,
    mode,
    sessions: sessions.length,
    people: people.size,
    peopleRefused: [...people.values()].filter(({ errors }) => errors > 0).length,
    errorRate: proportion(failed.length, sessions.length),
    byPerson: boundsByPerson([...people.values()]),
    refusedBySigns: failed.filter(({ reasons }) => ALONE.some((reason) => reasons.includes(reason))).length,
    failures: countReasons(failed),
    signs: INJECTION_INDICATORS.map((sign) => ({
      sign,
      share: sessions.filter(({ signs }) => signs.includes(sign)).length / sessions.length,
    }))
      .filter(({ share }) => share > 0)
      .toSorted((a, b) => b.share - a.share),
    medianMs: took[took.length >> 1],
  };
}

function countReasons(sessions: readonly BonaFideSession[]): BonaFideRow['failures'] {
  const counts = new Map<string, number>();
  for (const { outcome, reasons, signs } of sessions) {
    const key = outcome === 'closed' ? 'closed' : [...reasons, ...signs].join(' + ');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts]
    .map(([reasons, count]) => ({ reasons, sessions: count }))
    .toSorted((a, b) => b.sessions - a.sessions);
}
