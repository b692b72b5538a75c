import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { seededRandom } from '../models/evaluate/seeded-random.ts';
import { packageRoot } from '../models/package-root.ts';
import { loadPrepared } from '../models/prepared.ts';
import { modelCacheDir } from '../models/prepare/settings.ts';
import { OrtRunner } from '../server/inference/ort-model.ts';
import { FrameAnalyzerCore } from '../server/vision/analyze.ts';
import { clipColours, type ClipFrame } from './flash/clip-colours.ts';
import { litSequence } from './flash/lit-sequence.ts';

const USAGE = `Whether the flash cue detects the light of a screen on skin, in clips of people with computed screen light.

  --data DIR     holds clips-dev/ (default ../shared/data)
  --draws N      random sequences for each stretch of a clip (default 10)
  --seed N       (default 1)
`;
const { values } = parseArgs({
  options: {
    data: { type: 'string', default: path.resolve(packageRoot(), '..', 'shared', 'data') },
    draws: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});

const FRAMES_PER_SECOND = 15;
const STRETCH_FRAMES = 4.5 * FRAMES_PER_SECOND;
const STRETCH_EVERY = 8;
/** A head whose pose varies by less than this holds still, as the challenge asks. */
const STILL_DEG = 12;
const SHARES = [0, 0.02, 0.05, 0.1, 0.2];

/** Sequences of frames of the length of a colour sequence. A shorter clip continues in reverse. */
function stretchesOf(frames: readonly (ClipFrame | null)[]): (readonly (ClipFrame | null)[])[] {
  const there = [...frames, ...frames.toReversed()];
  const count = Math.max(0, Math.floor((there.length - STRETCH_FRAMES) / STRETCH_EVERY) + 1);
  return Array.from({ length: count }, (_, i) =>
    there.slice(i * STRETCH_EVERY, i * STRETCH_EVERY + STRETCH_FRAMES),
  );
}

function isStill(frames: readonly (ClipFrame | null)[]): boolean {
  const yaws = frames.filter((frame) => frame !== null).map(({ yawDeg }) => yawDeg);
  return yaws.length > 0 && Math.max(...yaws) - Math.min(...yaws) < STILL_DEG;
}

if (values.help) {
  process.stdout.write(USAGE);
} else {
  const { models } = await loadPrepared(modelCacheDir());
  const core = new FrameAnalyzerCore(await OrtRunner.load(models));
  const folder = path.join(values.data, 'clips-dev');
  const files = (await readdir(folder)).filter((name) => /\.(mp4|mpg)$/.test(name)).toSorted();
  const stretches: (readonly (ClipFrame | null)[])[] = [];
  for (const name of files)
    stretches.push(...stretchesOf(await clipColours(path.join(folder, name), FRAMES_PER_SECOND, core)));
  const random = seededRandom(Number(values.seed));
  const rows = (['told', 'another'] as const).flatMap((shows) =>
    [false, true].flatMap((still) =>
      SHARES.map((share) => {
        const counts: Record<string, number> = {};
        for (const stretch of stretches.filter((one) => !still || isStill(one))) {
          for (let draw = 0; draw < Number(values.draws); draw++) {
            const finding = litSequence(stretch, {
              framesPerSecond: FRAMES_PER_SECOND,
              share,
              shows,
              random,
            });
            const what =
              finding === null ? 'not judged' : finding.kind === 'unclear' ? finding.why : finding.kind;
            counts[what] = (counts[what] ?? 0) + 1;
          }
        }
        const { followed = 0, contradicted = 0, ...others } = counts;
        const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
        const why = Object.entries(others).map(([what, count]) => `${what} ${count}`);
        return `| ${shows} | ${still ? 'still' : 'any'} | ${share} | ${total} | ${followed} | ${contradicted} | ${why.join(', ')} |`;
      }),
    ),
  );
  process.stdout.write(
    `${['| colours on the face | heads | screen / room | sequences | followed | contradicted | unmeasured |', '| --- | --- | --- | --- | --- | --- | --- |', ...rows].join('\n')}\n\n${files.length} clips at ${FRAMES_PER_SECOND} fps, ${stretches.length} overlapping stretches. The light is computed, not filmed.\n`,
  );
}
