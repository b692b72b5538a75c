import { CHALLENGE_KINDS } from '../../../../protocol/status.ts';
import { policyFor } from '../../../../server/policy/built-in.ts';
import type { PolicyName } from '../../../../server/policy/shape.ts';
import { loadPrepared, type PreparedModels } from '../../../prepared.ts';
import { versionOf } from '../../code-version.ts';
import { count } from '../../text-cells.ts';
import type { Progress } from '../../verification.ts';
import { footageVersion } from '../code-hash.ts';
import type { Tier } from '../ledger.ts';
import { loadMotionScorer, openAnalyst, tierContexts } from '../stage-setup.ts';
import { availableCodecs, CODEC_WORDS, type Codec } from './compressed.ts';
import { drawnSubject } from './drawn-subject.ts';
import { findLiving } from './living.ts';
import { CHOICE_RULE, choosePeople, samplePeople, type ChosenPeople, type DrawnPerson } from './portraits.ts';
import type { BonaFideReport } from './report.ts';
import { runBonaFide, type RunResult } from './run.ts';
import type { BonaFideSession } from './session.ts';
import type { Subject } from './subject.ts';
import { summarise } from './summary.ts';

export interface BonaFideOptions {
  /** Folder of recordings; null: no recordings. */
  readonly data: string | null;
  /** Folder of photographs in LFW's layout; null: the sample photographs of an installed package. */
  readonly portraits: string | null;
  /** Number of people to draw. A quarter of them is also shown compressed. */
  readonly people: number;
  /** Number of sessions of each subject in each row. */
  readonly sessions: number;
  readonly policies: readonly PolicyName[];
  /** Null: all tiers that the models allow. */
  readonly tier: Tier | null;
  readonly seed: number;
  readonly workers: number;
  /** Folder of prepared models. */
  readonly modelCache: string;
  /** Folder of analyses that are kept for later runs. */
  readonly footageCache: string;
  readonly progress: Progress;
}

export interface BonaFideEvaluation {
  readonly report: BonaFideReport;
  readonly sessions: readonly BonaFideSession[];
  /** Subjects that could not be shown, by name. */
  readonly leftOut: RunResult['leftOut'];
}

/**
 * Plays bona fide subjects to the server's own session: recordings of living people, which do not answer, and drawn
 * people, which do.
 * @throws EvaluateError when models are missing or the data cannot be read
 */
export async function evaluateBonaFide(options: BonaFideOptions): Promise<BonaFideEvaluation> {
  const { models } = await loadPrepared(options.modelCache);
  const notices: string[] = [];
  const contexts = tierContexts(models, options.tier, notices);
  const codecs = await availableCodecs();
  if (!codecs.includes('h264')) notices.push('ffmpeg with libx264 is not installed: no H.264');
  const living = options.data === null ? null : await findLiving(options.data, codecs);
  notices.push(...(living?.notices ?? ['no recordings of people (--data): only drawn people']));
  const drawn = await drawnPeople(options, models);
  const asked = CHALLENGE_KINDS.filter((kind) =>
    options.policies.some((name) => policyFor(name).challenges?.pool.includes(kind)),
  );
  const subjects: Subject[] = [
    ...(living?.subjects ?? []),
    ...drawn.people.map((person, index) => drawnSubject(person, codecOf(index, codecs), asked)),
  ];
  const analyst = await openAnalyst({ ...options, models }, bonaFideVersion);
  try {
    let done = 0;
    const { sessions, frames, leftOut, endedFirst } = await runBonaFide({
      ...options,
      subjects,
      analyst,
      contexts,
      scoreMotion: await loadMotionScorer(models.motion),
      onSubject: () => options.progress('people', ++done, subjects.length),
    });
    const report: BonaFideReport = {
      sessionsEach: options.sessions,
      seed: options.seed,
      frames,
      chosen: drawn.words,
      codecs: codecs.map((codec) => CODEC_WORDS[codec]).join(' or '),
      rows: summarise(sessions),
      leftOut: countLeftOut(leftOut),
      endedFirst,
      notices,
    };
    return { report, sessions, leftOut };
  } finally {
    await analyst.close();
  }
}

function countLeftOut(leftOut: RunResult['leftOut']): BonaFideReport['leftOut'] {
  const counts = new Map<string, number>();
  for (const { unusable } of leftOut) counts.set(unusable, (counts.get(unusable) ?? 0) + 1);
  return [...counts].map(([why, subjects]) => ({ why, subjects }));
}

/** Every fourth drawn person is also shown compressed; the codecs take turns. */
function codecOf(index: number, codecs: readonly Codec[]): Codec | null {
  return index % 4 === 0 ? codecs[(index / 4) % codecs.length] : null;
}

async function drawnPeople(
  { portraits, people: wanted }: BonaFideOptions,
  models: PreparedModels['models'],
): Promise<{ readonly people: readonly DrawnPerson[]; readonly words: string }> {
  if (portraits === null) {
    const people = (await samplePeople()).slice(0, wanted);
    return { people, words: `${people.length} people of the sample photographs that a package carries` };
  }
  const chosen = await choosePeople(portraits, wanted, models);
  return { people: chosen.people, words: choiceInWords(chosen) };
}

function choiceInWords({ people, tried, passedOver }: ChosenPeople): string {
  const over = [...passedOver].map(([why, number]) => `${why} ${count(number)}`).join(', ');
  return (
    `${count(people.length)} people, ${CHOICE_RULE}; ${count(tried)} were tried` +
    (over === '' ? '' : ` (passed over: ${over})`)
  );
}

/** Code that changes the footage of bona fide subjects, beside the ledger's, relative to this file. */
const CODE = ['./compressed', './drawn'];

async function bonaFideVersion(models: PreparedModels['models']): Promise<string> {
  return `${await footageVersion(models)}-${await versionOf({}, import.meta.url, CODE)}`;
}
