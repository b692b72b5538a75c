import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { updateGenerated } from '../models/evaluate/readme-table.ts';
import { count, table } from '../models/evaluate/text-cells.ts';
import { measureIdle, type IdleReport } from './idle/idle.ts';
import { positive, transports, transportsHere } from './load/options.ts';

const USAGE = `Memory of the server for each open socket without messages.

  --sockets N       sockets open at a time (default 10000)
  --transports LIST uws, ws or both (default all that this Node can run)
  --out DIR         where idle.json and idle.md go (default reports/idle)
  --readme FILE     also write the table into FILE between its markers "generated:idle"
`;

const { values } = parseArgs({
  options: {
    sockets: { type: 'string', default: '10000' },
    transports: { type: 'string', default: transportsHere() },
    out: { type: 'string', default: 'reports/idle' },
    readme: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

function reportText({ machine, runs }: IdleReport): string {
  const mb = (bytes: number) => (bytes / 1e6).toFixed(0);
  return `Sockets that were upgraded and said nothing, memory collected before each look; ${machine.cpu}, ${machine.cores} cores.\n\n${table(
    [
      'transport',
      'sockets',
      'kB each',
      'MB before, open, closed',
      'descriptors before, open, closed',
      'opened/s',
    ],
    runs.map(({ transport, sockets, bytesEach, before, open, closed, openedPerSecond }) => [
      transport,
      count(sockets),
      (bytesEach / 1000).toFixed(1),
      [before, open, closed].map(({ rssBytes }) => mb(rssBytes)).join(', '),
      [before, open, closed].map(({ descriptors }) => descriptors).join(', '),
      openedPerSecond.toFixed(0),
    ]),
  )}\n`;
}

if (values.help) {
  process.stdout.write(USAGE);
} else {
  const report = await measureIdle(
    transports(values.transports),
    Math.round(positive('sockets', values.sockets)),
    (text) => process.stderr.write(`${text}\n`),
  );
  const text = reportText(report);
  await mkdir(values.out, { recursive: true });
  await writeFile(path.join(values.out, 'idle.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(path.join(values.out, 'idle.md'), text);
  if (values.readme !== undefined) await updateGenerated(values.readme, 'idle', text);
  process.stdout.write(`${text}\nWritten to ${path.resolve(values.out)}\n`);
}
