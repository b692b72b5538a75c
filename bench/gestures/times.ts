import { live, lookAt } from '../../models/evaluate/pad/live-picture.ts';
import { loadMotionScorer, openTierPools, tierContexts } from '../../models/evaluate/pad/stage-setup.ts';
import { referenceFrom } from '../../models/evaluate/pad/session-kinds.ts';
import { type LivePresenter, type Played, playSession } from '../../models/evaluate/pad/session-player.ts';
import type { PreparedModels } from '../../models/prepared.ts';
import type { FrameAnalyzer } from '../../server/inference/calls.ts';
import { policyFor } from '../../server/policy/built-in.ts';
import { createPerson, PERSON_PORTRAITS, preparePortrait, type Portrait } from '../../simulator/index.ts';
import { seededDraws } from '../../simulator/seeded.ts';

const FRAMES_PER_SECOND = 15;
const REFERENCE_FRAMES = 5;

/** One session. Times are virtual milliseconds since its first frame; null: it did not come so far. */
interface Timed extends Pick<Played, 'outcome' | 'reasons' | 'tookMs'> {
  readonly challenges: number;
  readonly placedMs: number | null;
  readonly askedMs: number | null;
}

/** Decision times of drawn people, by tier: one line of Markdown each. They are a simulation. */
export async function decisionTimes(
  models: PreparedModels['models'],
  sessionsEach: number,
): Promise<string[]> {
  const scoreMotion = await loadMotionScorer(models.motion);
  const pools = openTierPools({ models, workers: 1 });
  const lines: string[] = [];
  for (const { tier, context } of tierContexts(models, null, [])) {
    const analyzer = await pools.of(tier);
    const all: Timed[] = [];
    for (const [which, source] of Object.values(PERSON_PORTRAITS).entries()) {
      const portrait = await preparePortrait(source);
      const references = [await referenceOf(portrait, analyzer)];
      for (let session = 0; session < sessionsEach; session++) {
        const seed = 1_000 + 100 * which + session;
        const watched = watching(live(await createPerson({ portrait, seed }), analyzer));
        const { outcome, reasons, tookMs, assurance } = await playSession({
          presenter: watched.presenter,
          policy: policyFor('standard'),
          context,
          references,
          scoreMotion,
          random: seededDraws(seed),
          framesPerSecond: FRAMES_PER_SECOND,
        });
        const challenges = assurance?.challengesPassed ?? 0;
        all.push({ outcome, reasons, tookMs, challenges, ...watched.phases() });
        process.stderr.write(`${tier} ${seed} ${outcome} ${challenges} ${tookMs} ${reasons.join()}\n`);
      }
    }
    lines.push(rowOf(tier, all));
  }
  await pools.close();
  return lines;
}

/** The presenter, and when it heard that its place is found and that no more is asked. */
function watching(presenter: LivePresenter) {
  let placedMs: number | null = null;
  let askedMs: number | null = null;
  const watched: LivePresenter = {
    lookAt: (atMs) => presenter.lookAt(atMs),
    onStatus(status, atMs) {
      if (status.phase !== 'positioning') placedMs ??= atMs;
      if (status.phase === 'matching') askedMs ??= atMs;
      presenter.onStatus?.(status, atMs);
    },
  };
  return { presenter: watched, phases: () => ({ placedMs, askedMs }) };
}

/** A reference from another occasion: the same face in other light. */
async function referenceOf(portrait: Portrait, analyzer: FrameAnalyzer) {
  const person = await createPerson({ portrait, seed: 77 });
  const frames = [];
  for (let frame = 0; frame < REFERENCE_FRAMES; frame++) {
    const look = lookAt(() => person.frameAt(200 * frame), analyzer);
    const seen = await look(null, { embeddings: true, pad: false, countFaces: false }, []);
    if (seen === null) throw new Error('A drawn picture is unreadable.');
    frames.push(seen);
  }
  const reference = referenceFrom(frames, 'reference');
  if (reference === null) throw new Error('A portrait gives no reference.');
  return reference;
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

function rowOf(tier: string, all: readonly Timed[]): string {
  const accepted = all.filter(({ outcome }) => outcome === 'accept');
  const of = (pick: (one: Timed) => number) => accepted.map(pick);
  const counts = [2, 3, 4, 5].map(
    (count) => accepted.filter(({ challenges }) => challenges === count).length,
  );
  const took = of(({ tookMs }) => tookMs);
  const cells = [
    tier,
    `${accepted.length} of ${all.length}`,
    seconds(quantile(took, 0.5)),
    seconds(quantile(took, 0.9)),
    counts.join(' / '),
    seconds(
      quantile(
        of(({ placedMs }) => placedMs ?? 0),
        0.5,
      ),
    ),
    seconds(
      quantile(
        of(({ tookMs, askedMs }) => tookMs - (askedMs ?? tookMs)),
        0.5,
      ),
    ),
  ];
  return `| ${cells.join(' | ')} |`;
}

export const TIMES_HEAD = [
  '| tier | accepted | median | p90 | with 2 / 3 / 4 / 5 challenges | positioning | after the challenges |',
  '| --- | --- | --- | --- | --- | --- | --- |',
];
