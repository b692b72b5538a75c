import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { positive, positiveList, transports, transportsHere } from './load/options.ts';
import { drawLoad, loadText } from './load/report.ts';
import { measureLoad } from './load/run.ts';
import { publish } from './publish.ts';

const USAGE = `Behaviour of the product's own server under load, to saturation and to ten times as many clients. The clients run in
a separate process and show faces that answer challenges.

  --sessions LIST   simultaneous clients, one step after another (default 1,2,4,6,8,12,24,120)
  --seconds N       measuring time of a step, after half that time without (default 30)
  --fps N           frames a second of each camera (default 25)
  --policy NAME     policy of the sessions (default standard)
  --workers N       inference workers; 0: one for each core (default 0)
  --transports LIST uws, ws or both (default all that this Node can run)
  --out DIR         where load.json, load.md, load.svg and load.png go (default reports/load)
  --readme FILE     also write tables and chart into FILE between its markers "generated:load"
`;

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '1,2,4,6,8,12,24,120' },
    seconds: { type: 'string', default: '30' },
    fps: { type: 'string', default: '25' },
    policy: { type: 'string', default: 'standard' },
    workers: { type: 'string', default: '0' },
    transports: { type: 'string', default: transportsHere() },
    out: { type: 'string', default: 'reports/load' },
    readme: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  process.stdout.write(USAGE);
} else {
  const report = await measureLoad({
    transports: transports(values.transports),
    seats: positiveList('sessions', values.sessions),
    secondsAStep: positive('seconds', values.seconds),
    framesPerSecond: positive('fps', values.fps),
    policy: values.policy,
    workers: Number(values.workers),
    onProgress: (text) => process.stderr.write(`${text}\n`),
  });
  const text = loadText(report);
  await mkdir(values.out, { recursive: true });
  await writeFile(path.join(values.out, 'load.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(path.join(values.out, 'load.md'), text);
  await drawLoad(report, values.out);
  if (values.readme !== undefined)
    await publish(values.readme, 'load', text, path.join(values.out, 'load.svg'));
  process.stdout.write(`${text}\nWritten to ${path.resolve(values.out)}\n`);
}
