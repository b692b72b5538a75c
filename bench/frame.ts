import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { updateGenerated } from '../models/evaluate/readme-table.ts';
import { loadPrepared } from '../models/prepared.ts';
import { modelCacheDir } from '../models/prepare/settings.ts';
import { drawnFrames, framesFrom } from './frame/frames.ts';
import { measure } from './frame/measure.ts';
import { drawReport, ratios, reportText } from './frame/report.ts';

const USAGE = `Time of a frame, compared with the networks alone and with Human, on the same frames in one run.

  --frames N     frames of the set (default 50)
  --rounds N     times each frame is measured (default 2)
  --seconds N    time for each kind of work in the pool (default 3)
  --data DIR     pictures to use instead of the drawn ones, in the order of their names
  --out DIR      where frame.json, frame.md, frame.svg and frame.png go (default reports/frame)
  --readme FILE  also write the tables into FILE between its markers "generated:frame"
  --no-human     leave the comparison with @vladmandic/human out
`;

const { values } = parseArgs({
  options: {
    frames: { type: 'string', default: '50' },
    rounds: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '3' },
    data: { type: 'string' },
    out: { type: 'string', default: 'reports/frame' },
    readme: { type: 'string' },
    'no-human': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function positive(name: 'frames' | 'rounds' | 'seconds'): number {
  const value = Number(values[name]);
  if (!(Number.isFinite(value) && value > 0)) throw new Error(`--${name} must be a number above 0.`);
  return value;
}

if (values.help) {
  process.stdout.write(USAGE);
} else {
  const count = positive('frames');
  const { models } = await loadPrepared(modelCacheDir());
  const set = values.data === undefined ? await drawnFrames(count) : await framesFrom(values.data, count);
  const report = await measure(models, {
    set,
    rounds: positive('rounds'),
    poolSeconds: positive('seconds'),
    withHuman: !values['no-human'],
    onProgress: (text) => process.stderr.write(`${text}\n`),
  });
  const text = reportText(report);
  await mkdir(values.out, { recursive: true });
  await writeFile(
    path.join(values.out, 'frame.json'),
    `${JSON.stringify({ ...report, ratios: ratios(report) }, null, 2)}\n`,
  );
  await writeFile(path.join(values.out, 'frame.md'), text);
  await drawReport(report, values.out);
  if (values.readme !== undefined) await updateGenerated(values.readme, 'frame', text);
  process.stdout.write(`${text}\nWritten to ${path.resolve(values.out)}\n`);
}
