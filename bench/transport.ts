import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { updateGenerated } from '../models/evaluate/readme-table.ts';
import { table } from '../models/evaluate/text-cells.ts';
import { positive, positiveList } from './load/options.ts';
import { measureTransports, type TransportReport } from './transport/transport.ts';

const USAGE = `Processor time of the server for a message over uWebSockets.js and over ws, in the same run.

  --bytes LIST   sizes of a message (default 100,20000,50000)
  --rounds N     times each is measured (default 5)
  --seconds N    time of a round (default 2)
  --out DIR      where transport.json and transport.md go (default reports/transport)
  --readme FILE  also write the table into FILE between its markers "generated:transport"
`;

const { values } = parseArgs({
  options: {
    bytes: { type: 'string', default: '100,20000,50000' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    out: { type: 'string', default: 'reports/transport' },
    readme: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

function reportText({ machine, costs }: TransportReport): string {
  const of = (transport: string, bytes: number) =>
    costs.find((cost) => cost.transport === transport && cost.messageBytes === bytes);
  const sizes = [...new Set(costs.map(({ messageBytes }) => messageBytes))];
  const rows = sizes.flatMap((bytes) => {
    const [uws, ws] = [of('uws', bytes), of('ws', bytes)];
    if (uws === undefined || ws === undefined) return [];
    const cell = ({ cpuUs: { median, low, high } }: typeof uws) =>
      `${median.toFixed(1)} (${low.toFixed(1)}–${high.toFixed(1)})`;
    return [
      [
        String(bytes),
        cell(uws),
        cell(ws),
        `${(ws.cpuUs.median / uws.cpuUs.median).toFixed(2)} ×`,
        uws.perSecond.toFixed(0),
        ws.perSecond.toFixed(0),
      ],
    ];
  });
  return `Processor time of the server for a message in and a short answer out, in µs: median (quartiles) of the rounds. Client and server share the cores of ${machine.cpu}, ${machine.cores} cores.\n\n${table(
    ['bytes', 'uWebSockets.js, µs', 'ws, µs', 'ratio', 'uWebSockets.js, messages/s', 'ws, messages/s'],
    rows,
  )}\n`;
}

if (values.help) {
  process.stdout.write(USAGE);
} else {
  const report = await measureTransports(
    positiveList('bytes', values.bytes),
    Math.round(positive('rounds', values.rounds)),
    positive('seconds', values.seconds),
    (text) => process.stderr.write(`${text}\n`),
  );
  const text = reportText(report);
  await mkdir(values.out, { recursive: true });
  await writeFile(path.join(values.out, 'transport.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(path.join(values.out, 'transport.md'), text);
  if (values.readme !== undefined) await updateGenerated(values.readme, 'transport', text);
  process.stdout.write(`${text}\nWritten to ${path.resolve(values.out)}\n`);
}
