import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../models/package-root.ts';
import { loadPrepared } from '../models/prepared.ts';
import { modelCacheDir } from '../models/prepare/settings.ts';
import { OrtRunner } from '../server/inference/ort-model.ts';
import { FrameAnalyzerCore } from '../server/vision/analyze.ts';
import { clipPictures, watch, type Picture } from './cues/watch.ts';
import { coursesIn, GESTURES, thinned, type SeenCourses } from './gestures/courses.ts';
import { decisionTimes, TIMES_HEAD } from './gestures/times.ts';
import { measuredYaws, TRUE_YAWS } from './gestures/yaw.ts';

const USAGE = `Gestures: how much of them frames show, how far a turn is measured, how long drawn people take.

  --only A,B       of courses, yaw and times (all)
  --data DIR       holds clips-dev/, for courses (default ../shared/data)
  --sessions N     of each drawn person and tier, for times (4)
`;
const PARTS = ['courses', 'yaw', 'times'] as const;
/** Recordings with movements as large as a challenge asks for, or with blinks that are seen well. */
const CLIPS = [
  'd3.mp4',
  'd12.mp4',
  'd14.mp4',
  'd6.mp4',
  'live-turns/dusan-from6s.mp4',
  'live-turns/singer-glasses.mp4',
  'live-more/hdtf-hill.mp4',
  'live-more/actor-stage.mp4',
  'live-more/actress-stage.mp4',
];
const RATES = [8, 10, 12, 15, 20, 25, 30];

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: PARTS.join() },
    data: { type: 'string', default: path.resolve(packageRoot(), '..', 'shared', 'data') },
    sessions: { type: 'string', default: '4' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(USAGE);
else await measure(values.only.split(','));

async function measure(parts: readonly string[]): Promise<void> {
  const { models } = await loadPrepared(modelCacheDir());
  const { blazeface, facemesh, iris } = models;
  if (!blazeface || !facemesh || !iris) throw new Error('The models are not prepared: run `npm run models`.');
  const core = new FrameAnalyzerCore(await OrtRunner.load({ blazeface, facemesh, iris }));
  if (parts.includes('courses')) await printCourses(core);
  if (parts.includes('yaw')) await printYaws(core);
  if (parts.includes('times')) {
    print(['Drawn people at 15 frames a second, policy standard: a simulation.', '', ...TIMES_HEAD]);
    print(await decisionTimes(models, Number(values.sessions)));
  }
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function* inOrder(pictures: readonly Picture[]): AsyncGenerator<Picture> {
  yield* pictures;
}

async function printCourses(core: FrameAnalyzerCore): Promise<void> {
  const files = CLIPS.map((clip) => path.join(values.data, 'clips-dev', clip)).filter(existsSync);
  const found = new Map<number, SeenCourses[]>(RATES.map((rate) => [rate, []]));
  for (const file of files) {
    const watched = await watch(core, inOrder(await clipPictures(file, { seconds: 30 })));
    const spanMs = watched[watched.length - 1].atMs - watched[0].atMs;
    const ownRate = ((watched.length - 1) * 1000) / spanMs;
    for (const rate of RATES.filter((one) => one <= 1.05 * ownRate))
      for (const phase of rate > 0.9 * ownRate ? [0] : [0, 0.5])
        found.get(rate)?.push(...coursesIn(thinned(watched, rate, phase)));
    process.stderr.write(`${file}\n`);
  }
  const kinds = [...GESTURES, 'blink'] as const;
  print([
    `Movements as large as a challenge asks for, of people who were asked nothing (${files.length} recordings): with a`,
    'course that is seen, of those that happened. Below the rate of a recording, frames are left out in two ways.',
    '',
    `| frames a second | ${kinds.join(' | ')} |`,
    `| --- |${kinds.map(() => ' --- |').join('')}`,
    ...RATES.map((rate) => {
      const cells = kinds.map((kind) => {
        const rows = found.get(rate)?.filter((row) => row.kind === kind) ?? [];
        const sum = (pick: (row: SeenCourses) => number) => rows.reduce((total, row) => total + pick(row), 0);
        return `${sum((row) => row.seen)} of ${sum((row) => row.happened)}`;
      });
      return `| ${rate} | ${cells.join(' | ')} |`;
    }),
    '',
  ]);
}

async function printYaws(core: FrameAnalyzerCore): Promise<void> {
  print([
    'Turn of a drawn head, true and measured against its rest, in degrees: a simulation. –: the face is lost.',
    '',
    `| person, side | ${TRUE_YAWS.join(' | ')} |`,
    `| --- |${TRUE_YAWS.map(() => ' --- |').join('')}`,
  ]);
  for (const [side, word] of [
    [1, 'left'],
    [-1, 'right'],
  ] as const)
    for (const [name, measured] of await measuredYaws(core, side))
      print([
        `| ${name}, ${word} | ${measured.map((yaw) => (yaw === null ? '–' : yaw.toFixed(0))).join(' | ')} |`,
      ]);
  print(['']);
}
