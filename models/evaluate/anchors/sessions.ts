import type { Policy } from '../../../server/policy/shape.ts';
import type { Reason } from '../../../server/decision/reasons.ts';
import type { FrameAnalysis } from '../../../server/vision/analysis.ts';
import { hash32 } from '../../../simulator/seeded.ts';
import type { Footage } from '../pad/footage.ts';
import { withoutChallenges } from '../pad/ledger.ts';
import { referenceFrom } from '../pad/session-kinds.ts';
import { playSession, type MotionScorer, type Played, type Presenter } from '../pad/session-player.ts';
import type { TierContext } from '../pad/stage-setup.ts';
import { seededRandom } from '../seeded-random.ts';

export interface SessionCounts {
  readonly sessions: number;
  readonly accepted: number;
  readonly reasons: Readonly<Record<string, number>>;
}

/** A session of a recording begins at each of these moments, where enough of it is left. */
const BEGIN_MS = [0, 2_000, 4_000, 6_000];
const LEAST_LEFT_MS = 3_000;
const MODES = ['enrol', 'verify'] as const;

/** Counts the ends of sessions that living people have under a policy. Nothing is asked: a recording cannot answer. */
export async function countSessions(
  footages: readonly Footage[],
  { tier, context }: TierContext,
  policy: Policy,
  scoreMotion: MotionScorer | null,
): Promise<SessionCounts> {
  const asked = unasked(policy);
  const played: Played[] = [];
  for (const footage of footages) {
    const reference = referenceFrom(footage.frames, 'first');
    if (reference === null) continue;
    const lengthMs = (1000 * footage.frames.length) / footage.framesPerSecond;
    for (const fromMs of BEGIN_MS.filter((ms) => lengthMs - ms >= LEAST_LEFT_MS || ms === 0))
      for (const mode of MODES)
        played.push(
          await playSession({
            mode,
            presenter: from(footage, fromMs),
            policy: asked,
            context,
            references: mode === 'verify' ? [reference] : [],
            random: seededRandom(hash32(fromMs, ...Buffer.from(`${footage.id} ${tier} ${mode}`))),
            framesPerSecond: footage.framesPerSecond,
            scoreMotion,
          }),
        );
  }
  return summed(played);
}

function unasked(policy: Policy): Policy {
  const one = withoutChallenges(policy);
  return { ...one, fusion: { ...one.fusion, accept: one.fusion.prior } };
}

function from({ frames, framesPerSecond }: Footage, fromMs: number): Presenter {
  return {
    showAt: (atMs): FrameAnalysis | null =>
      frames[Math.round(((fromMs + atMs) * framesPerSecond) / 1000)] ?? null,
  };
}

const COUNTED: readonly Reason[] = [
  'face-changed',
  'probes-disagree',
  'continuity-broken',
  'match-below-threshold',
  'required-cue-unmeasured',
];

function summed(played: readonly Played[]): SessionCounts {
  return {
    sessions: played.length,
    accepted: played.filter(({ outcome }) => outcome === 'accept').length,
    reasons: Object.fromEntries(
      COUNTED.map((reason) => [reason, played.filter(({ reasons }) => reasons.includes(reason)).length]),
    ),
  };
}
