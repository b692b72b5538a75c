import { tierContexts } from '../../models/evaluate/pad/stage-setup.ts';
import { referenceFrom } from '../../models/evaluate/pad/session-kinds.ts';
import type { PreparedModels } from '../../models/prepared.ts';
import { ImageDecoder } from '../../server/inference/image-decoder.ts';
import { OrtRunner } from '../../server/inference/ort-model.ts';
import { policyFor } from '../../server/policy/built-in.ts';
import { FrameAnalyzerCore } from '../../server/vision/analyze.ts';
import { createPerson, PERSON_PORTRAITS, preparePortrait, type Portrait } from '../../simulator/index.ts';
import { seededDraws } from '../../simulator/seeded.ts';
import { drive, type Driven } from './drive.ts';

const FRAMES_PER_SECOND = 15;
const REFERENCE_FRAMES = 5;

/** Decision times of drawn people, by tier: one line of Markdown each. They are a simulation. */
export async function decisionTimes(
  models: PreparedModels['models'],
  sessionsEach: number,
): Promise<string[]> {
  const lines: string[] = [];
  for (const { tier, context } of tierContexts(models, null, [])) {
    const loaded = [
      ...context.models.embeddings,
      ...context.models.pad,
      'blazeface',
      'facemesh',
      'iris',
      'motion',
    ] as const;
    const files = Object.fromEntries(
      loaded.flatMap((id) => (models[id] === undefined ? [] : [[id, models[id]]])),
    );
    const core = new FrameAnalyzerCore(await OrtRunner.load(files));
    const all: Driven[] = [];
    for (const [which, source] of Object.values(PERSON_PORTRAITS).entries()) {
      const portrait = await preparePortrait(source);
      const references = [await referenceOf(portrait, core)];
      for (let session = 0; session < sessionsEach; session++) {
        const seed = 1_000 + 100 * which + session;
        const presenter = await createPerson({ portrait, seed });
        const options = { core, context, references, framesPerSecond: FRAMES_PER_SECOND };
        const policy = policyFor('standard');
        const one = await drive({ ...options, presenter, policy, draw: seededDraws(seed) });
        all.push(one);
        process.stderr.write(
          `${tier} ${seed} ${one.outcome} ${one.challenges} ${one.tookMs} ${one.reasons.join()}\n`,
        );
      }
    }
    lines.push(rowOf(tier, all));
  }
  return lines;
}

/** A reference from another occasion: the same face in other light. */
async function referenceOf(portrait: Portrait, core: FrameAnalyzerCore) {
  const person = await createPerson({ portrait, seed: 77 });
  const decoder = new ImageDecoder(4_000_000);
  const frames = [];
  for (let frame = 0; frame < REFERENCE_FRAMES; frame++) {
    const decoded = await decoder.decode(await person.frameAt(200 * frame));
    if (!decoded.ok) throw new Error(decoded.code);
    frames.push(await core.analyze(decoded.image, null, { embeddings: true, pad: false, countFaces: false }));
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

function rowOf(tier: string, all: readonly Driven[]): string {
  const accepted = all.filter(({ outcome }) => outcome === 'accept');
  const of = (pick: (one: Driven) => number) => accepted.map(pick);
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
