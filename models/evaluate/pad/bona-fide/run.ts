import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { policyFor } from '../../../../server/policy/built-in.ts';
import type { Policy, PolicyName } from '../../../../server/policy/shape.ts';
import {
  INJECTION_INDICATORS,
  type InjectionIndicator,
} from '../../../../server/evidence/injection-indicators.ts';
import { hash32 } from '../../../../simulator/seeded.ts';
import { seededRandom } from '../../seeded-random.ts';
import type { SessionContext } from '../../../../server/session/state.ts';
import type { Footage } from '../footage.ts';
import { playSession, type MotionScorer, type Played } from '../session-player.ts';
import type { Analyst, TierContext } from '../stage-setup.ts';
import { cellKey, MODES, type BonaFideSession, type Cell } from './session.ts';
import type { Showing, Shown, Subject, Unusable } from './subject.ts';

export interface RunOptions {
  readonly subjects: readonly Subject[];
  readonly analyst: Pick<Analyst, 'analyse'>;
  readonly contexts: readonly TierContext[];
  readonly policies: readonly PolicyName[];
  readonly scoreMotion: MotionScorer | null;
  /** Number of sessions of each subject in each cell. */
  readonly sessions: number;
  readonly seed: number;
  readonly onSubject: () => void;
}

export interface RunResult {
  readonly sessions: readonly BonaFideSession[];
  /** Subjects that could not be shown. */
  readonly leftOut: readonly (Unusable & { readonly name: string })[];
  readonly frames: number;
  /** Sessions whose recording ended before they could decide. */
  readonly endedFirst: number;
}

/**
 * Plays the sessions of every subject. Meanwhile the next subject is analysed. The footage of a subject is released
 * when its sessions have been played.
 */
export async function runBonaFide(options: RunOptions): Promise<RunResult> {
  const { subjects, analyst } = options;
  const sessions: BonaFideSession[] = [];
  const leftOut: (Unusable & { readonly name: string })[] = [];
  let frames = 0;
  let endedFirst = 0;
  const analyse = (index: number) => {
    const subject = subjects[index];
    const footages = subject === undefined ? null : analyst.analyse(subject.sources, () => {});
    // The promise is awaited below. Until then a rejection must not count as unhandled.
    footages?.catch(() => {});
    return footages;
  };
  let next = analyse(0);
  for (const [index, subject] of subjects.entries()) {
    const footages: ReadonlyMap<string, Footage> = (await next) ?? new Map();
    next = analyse(index + 1);
    frames += [...footages.values()].reduce((sum, footage) => sum + footage.frames.length, 0);
    const showings = subject.showings(footages);
    if ('unusable' in showings) leftOut.push({ name: subject.name, ...showings });
    else {
      for (const showing of showings) {
        const shown = await playShowing(subject, showing, options);
        sessions.push(...shown.played);
        endedFirst += shown.endedFirst;
      }
    }
    options.onSubject();
  }
  return { sessions, leftOut, frames, endedFirst };
}

/**
 * Limit of attempts at one session. A bank holds two takes of each answer. A session that asks for a third one repeats
 * a take, and is played anew.
 */
const MOST_ATTEMPTS = 20;

async function playShowing(
  subject: Subject,
  showing: Showing,
  options: RunOptions,
): Promise<{ readonly played: readonly BonaFideSession[]; readonly endedFirst: number }> {
  const { contexts, policies, scoreMotion, seed } = options;
  const { condition, framesPerSecond, references } = showing;
  const played: BonaFideSession[] = [];
  let endedFirst = 0;
  for (const { tier, context } of contexts) {
    for (const name of policies) {
      const policy = showing.policyFor(policyFor(name));
      const lacksPad =
        policy?.requiredCues.includes('passive-pad') === true && context.models.pad.length === 0;
      if (policy === null || lacksPad) continue;
      for (const mode of MODES) {
        const cell: Cell = { condition, tier, policy: name, mode };
        for (let i = 0; i < options.sessions; i++) {
          const ended = await playOne(i, cell, policy, context);
          if (ended === null) endedFirst++;
          else played.push({ ...cell, person: subject.person, subject: subject.name, ...told(ended) });
        }
        // The next subject's images are drawn on this thread too.
        await turnOfTheLoop();
      }
    }
  }
  return { played, endedFirst };

  async function playOne(
    number: number,
    cell: Cell,
    policy: Policy,
    context: SessionContext,
    attempt = 0,
  ): Promise<Played | null> {
    const name = `${subject.name} ${cellKey(cell)}`;
    const random = seededRandom(seedOf(name, number, attempt));
    const shown = showing.present(random, policy);
    const ended = await play(shown, shown.policy, cell.mode, context, random);
    const { cameAgain } = shown;
    if (shown.endsFirst?.(ended) === true) return null;
    const easier = shown.policyAfter?.(ended) ?? null;
    if (easier !== null) {
      const again = seededRandom(seedOf(name, number, attempt));
      return await play(showing.present(again, policy), easier, cell.mode, context, again);
    }
    const isArtefact = ended.reasons.includes('repeated') && cameAgain?.() === true;
    return isArtefact && attempt < MOST_ATTEMPTS
      ? await playOne(number, cell, policy, context, attempt + 1)
      : ended;
  }

  function seedOf(name: string, number: number, attempt: number): number {
    return hash32(seed, number, attempt, ...Buffer.from(name));
  }

  async function play(
    { presenter }: Shown,
    policy: Policy,
    mode: Cell['mode'],
    context: SessionContext,
    random: () => number,
  ): Promise<Played> {
    return await playSession({
      presenter,
      policy,
      mode,
      references: mode === 'enrol' ? [] : references,
      context,
      random,
      framesPerSecond,
      scoreMotion,
    });
  }
}

const isIndicator = (reason: string): reason is InjectionIndicator =>
  (INJECTION_INDICATORS as readonly string[]).includes(reason);

function told({ outcome, reasons, tookMs, asked, evidence }: Played) {
  const measured = Object.entries(evidence ?? {}).flatMap(([cue, one]) =>
    one.measured ? [[cue, one.logLikelihoodRatio] as const] : [],
  );
  return {
    outcome,
    reasons: reasons.filter((reason) => !isIndicator(reason)),
    signs: reasons.filter(isIndicator),
    tookMs,
    asked,
    llrs: Object.fromEntries(measured),
  };
}
