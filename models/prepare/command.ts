import { parseArgs } from 'node:util';
import { Presets, SingleBar } from 'cli-progress';
import { ConfigError, describeOptions } from '../../server/config.ts';
import { PARTS } from '../../server/settings/parts.ts';
import {
  PrepareError,
  type PrepareProgress,
  prepareModels,
  prepareOptionsFromEnvironment,
} from './prepare.ts';

const USAGE = `Usage: prepare [--retry]
Makes the models ready.
  --retry   try optional downloads again although they failed within the last day

Settings are read from the environment:
${describeOptions(PARTS.models)}`;

/** Prepares the models. Returns the exit code: 0 ready, 1 failed, 2 wrong usage. */
async function runPrepareCommand(args: readonly string[]): Promise<number> {
  let retry: boolean;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { retry: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
    });
    if (values.help) {
      process.stdout.write(`${USAGE}\n`);
      return 0;
    }
    retry = values.retry;
  } catch {
    print(USAGE);
    return 2;
  }
  const display = process.stderr.isTTY ? progressBar() : progressLines();
  try {
    const options = prepareOptionsFromEnvironment();
    const result = await prepareModels({ ...options, retry, onProgress: display.show });
    display.close();
    for (const notice of result.notices) print(`notice: ${notice}`);
    print(`models ready: ${Object.keys(result.models).join(', ')}`);
    return 0;
  } catch (error) {
    display.close();
    const explains =
      error instanceof PrepareError ||
      error instanceof ConfigError ||
      (error instanceof Error && 'syscall' in error);
    if (!explains) throw error;
    print(`error: ${error.message}`);
    return 1;
  }
}

interface Display {
  readonly show: (progress: PrepareProgress) => void;
  readonly close: () => void;
}

function progressBar(): Display {
  const bar = new SingleBar(
    { format: 'models {bar} {value}/{total} {what}', stream: process.stderr, hideCursor: true },
    Presets.shades_classic,
  );
  let started = false;
  return {
    show: ({ id, step, done, total }) => {
      if (!started) bar.start(total, 0, { what: '' });
      started = true;
      bar.update(done, { what: `${step} ${id}` });
    },
    close: () => {
      if (started) bar.stop();
    },
  };
}

/** Progress for logs: one line for each artifact that was made. */
function progressLines(): Display {
  return {
    show: ({ id, step, done, total }) => {
      if (step === 'made' || step === 'missing') print(`models ${done}/${total}: ${step} ${id}`);
    },
    close: () => {},
  };
}

function print(line: string): void {
  process.stderr.write(`${line}\n`);
}

process.exitCode = await runPrepareCommand(process.argv.slice(2));
