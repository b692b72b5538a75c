import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { positive, transports, transportsHere } from './load/options.ts';
import { publish } from './publish.ts';
import { drawSoak, soakText } from './soak/report.ts';
import { soak } from './soak/soak.ts';

const USAGE = `Whether memory, latency and descriptors of the server stay constant over an hour at 80 % load.

  --minutes N     how long (default 60)
  --load SHARE    share of the workers' time to use (default 0.8)
  --points N      measurements over that time (default 60)
  --fps N         frames a second of each camera (default 20)
  --policy NAME   policy of the sessions (default standard)
  --transport T   uws or ws (default what the server takes by itself)
  --workers N     inference workers; 0: one for each core (default 0)
  --out DIR       where soak.json, soak.md, soak.svg and soak.png go (default reports/soak)
  --readme FILE   also write table and chart into FILE between its markers "generated:soak"
`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    load: { type: 'string', default: '0.8' },
    points: { type: 'string', default: '60' },
    fps: { type: 'string', default: '20' },
    policy: { type: 'string', default: 'standard' },
    transport: { type: 'string', default: transportsHere() },
    workers: { type: 'string', default: '0' },
    out: { type: 'string', default: 'reports/soak' },
    readme: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  process.stdout.write(USAGE);
} else {
  const [transport] = transports(values.transport);
  const report = await soak({
    transport,
    minutes: positive('minutes', values.minutes),
    load: positive('load', values.load),
    points: positive('points', values.points),
    framesPerSecond: positive('fps', values.fps),
    policy: values.policy,
    workers: Number(values.workers),
    onProgress: (text) => process.stderr.write(`${text}\n`),
  });
  const text = soakText(report);
  await mkdir(values.out, { recursive: true });
  await writeFile(path.join(values.out, 'soak.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(path.join(values.out, 'soak.md'), text);
  await drawSoak(report, values.out);
  if (values.readme !== undefined)
    await publish(values.readme, 'soak', text, path.join(values.out, 'soak.svg'));
  process.stdout.write(`${text}\nWritten to ${path.resolve(values.out)}\n`);
}
