import { parseArgs } from 'node:util';
import { storm } from './support/storm.ts';
import { virtualStorm } from './support/virtual-storm.ts';
import { positive } from '../../bench/load/options.ts';

const USAGE = `Faults without end, and whether the server keeps its promises: nobody decided wrongly, nothing told that is not
on record, nothing left behind. Half of the time on a virtual clock, a minute in a tenth of a second, with a new seed
each; half on a real server whose workers, database and process are killed, stopped, locked and starved.

  --seed N      first seed (default 1); a seed that failed fails again on the virtual clock
  --minutes M   how long in all (default 10)
  --only KIND   virtual or real
`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '10' },
    only: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

/** Storms on the virtual clock until the time is up. Returns how many went wrong. */
async function virtualStorms(firstSeed: number, minutes: number): Promise<number> {
  const untilMs = performance.now() + 60_000 * minutes;
  let [seed, decided, failed] = [firstSeed, 0, 0];
  for (; performance.now() < untilMs; seed++) {
    const result = await virtualStorm(seed);
    decided += result.decided;
    if (result.violations.length === 0) continue;
    failed++;
    process.stdout.write(`virtual storm, seed ${seed}: ${result.violations.join('; ')}\n`);
  }
  process.stdout.write(`${seed - firstSeed} virtual storms, ${decided} sessions decided, ${failed} failed\n`);
  return failed;
}

/** One storm on a real server. Returns how many things went wrong. */
async function realStorm(seed: number, minutes: number): Promise<number> {
  const report = await storm({
    seed,
    minutes,
    onProgress: (text) => process.stderr.write(`${text}\n`),
  });
  const faults = Object.entries(report.faults).map(([fault, count]) => `${count} × ${fault}`);
  process.stdout.write(`real storm, seed ${seed}: ${faults.join(', ')}; ${report.decisions} decisions\n`);
  for (const violation of report.violations) process.stdout.write(`  ${violation}\n`);
  return report.violations.length;
}

if (values.help) {
  process.stdout.write(USAGE);
} else {
  const seed = Math.round(positive('seed', values.seed));
  const share = positive('minutes', values.minutes) / (values.only === undefined ? 2 : 1);
  const wrong =
    (values.only === 'real' ? 0 : await virtualStorms(seed, share)) +
    (values.only === 'virtual' ? 0 : await realStorm(seed, share));
  if (wrong > 0) process.exitCode = 1;
}
