import type { WriteStream } from 'node:tty';
import { asKioskError, type KioskError, type KioskErrorCode } from '../../client/kiosk/errors.ts';
import { errorLine } from '../../client/kiosk/present/presenter.ts';
import { apiKeyOf, readTryCommand, USAGE, type TryOptions } from './options.ts';
import type { Pace } from './pace.ts';
import { prepareCast } from './people.ts';
import { introduction, isAsExpected, summary, textReport } from './report.ts';
import { describeServer, originOf, ServerOnTrial } from './server.ts';
import { runTrial } from './trial.ts';

/** How the command ends for the caller's shell. */
export const EXIT = { asExpected: 0, notAsExpected: 1, error: 3 } as const;

/** What the command takes from its process. */
export interface Terminal {
  readonly stdout: WriteStream;
  readonly stderr: { write(text: string): unknown };
  readonly environment: NodeJS.ProcessEnv;
  /** Where the data folder of a server is looked for. */
  readonly folder: string;
}

/** Runs `veriframe try`. Resolves with the exit code; never rejects. */
export async function tryCommand(
  args: readonly string[],
  terminal: Terminal,
  pace: Pace,
  signal: AbortSignal,
): Promise<number> {
  const { stdout, stderr, environment } = terminal;
  try {
    const command = readTryCommand(args, environment);
    if (command.kind === 'try') return await tryServer(command.options, terminal, pace, signal);
    stdout.write(USAGE);
    return 0;
  } catch (thrown) {
    const error = asKioskError(thrown);
    stderr.write(`${errorLine(error)}${whatToDo(error)}`);
    return EXIT.error;
  }
}

async function tryServer(
  options: TryOptions,
  { stdout, stderr, environment, folder }: Terminal,
  pace: Pace,
  signal: AbortSignal,
): Promise<number> {
  const { endpoints } = options;
  const system = await describeServer(endpoints, signal);
  const server = new ServerOnTrial(endpoints, await apiKeyOf(options, environment, folder));
  await server.checkKey(signal);
  stdout.write(introduction(system, originOf(endpoints)));
  const cast = await prepareCast();
  const report = textReport(stdout, (text) => void stderr.write(text));
  const results = await runTrial({ server, cast, pace, report, signal });
  stdout.write(summary(results));
  return results.every(isAsExpected) ? EXIT.asExpected : EXIT.notAsExpected;
}

/** A sentence for what a newcomer meets first; for the rest the error's own has to do. */
const WHAT_TO_DO: Readonly<Partial<Record<KioskErrorCode, string>>> = {
  'connection.refused':
    'Run "npm start" in another terminal, wait until it says where it serves, and try again.',
  'api_key.missing':
    'Run this in the folder where "npm start" runs, which makes a development key in its data folder.',
  'api.unauthorized':
    'The server does not know this key. Give the one of its own data folder: --api-key-file.',
  'usage.invalid': 'Run veriframe try --help to see how.',
};

function whatToDo({ code }: KioskError): string {
  const sentence = WHAT_TO_DO[code];
  return sentence === undefined ? '' : `${sentence}\n`;
}
