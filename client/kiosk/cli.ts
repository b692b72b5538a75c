import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { asKioskError, KioskError } from './errors.ts';
import { runImport } from './import/command.ts';
import { runKioskKey } from './kiosk-key.ts';
import { readCommand, USAGE, type RunOptions } from './options.ts';
import { presenterFor } from './present/choose.ts';
import { jsonPresenter } from './present/json.ts';
import { errorLine } from './present/presenter.ts';
import { EXIT, run } from './run.ts';
import { runSubjects } from './subjects.ts';

/** The program `veriframe`. It runs when this module is imported, and sets the exit code of the process. */
const { stdout, stderr } = process;
const out = (text: string) => void stdout.write(text);
const err = (text: string) => void stderr.write(text);

// The reader of standard output may close it early, as `head` does.
stdout.on('error', () => process.exit(EXIT.error));

/** Commands that run no session. */
const COMMANDS: Readonly<
  Record<
    string,
    (args: readonly string[], environment: NodeJS.ProcessEnv, out: typeof err) => Promise<number | void>
  >
> = {
  import: (args, environment) => runImport(args, environment, { out, progress: stderr }),
  'kiosk-key': runKioskKey,
  subjects: runSubjects,
};

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    const [name = '', ...more] = args;
    if (Object.hasOwn(COMMANDS, name)) {
      return (await COMMANDS[name]?.(more, process.env, out)) ?? 0;
    }
    const command = readCommand(args, process.env);
    if (command.kind === 'run') return await runPresented(command.options);
    out(command.kind === 'help' ? USAGE : `${version()}\n`);
    return 0;
  } catch (thrown) {
    const error = asKioskError(thrown);
    if (args.includes('--json')) jsonPresenter(out, err).error(error, true);
    else err(`${errorLine(error)}Run veriframe --help to see how.\n`);
    return EXIT.error;
  }
}

async function runPresented(options: RunOptions): Promise<number> {
  const presenter = options.json ? jsonPresenter(out, err) : presenterFor(stdout, err);
  const stop = new AbortController();
  const cancel = () => {
    // The second signal exits at once, without a clean end.
    if (stop.signal.aborted) process.exit(EXIT.error);
    stop.abort(new KioskError('client.cancelled'));
  };
  process.on('SIGINT', cancel).on('SIGTERM', cancel);
  const timer = setTimeout(() => stop.abort(new KioskError('client.timeout')), options.timeoutMs);
  try {
    return EXIT[await run(options, presenter, stop.signal)];
  } catch (thrown) {
    presenter.error(asKioskError(thrown), true);
    return EXIT.error;
  } finally {
    clearTimeout(timer);
    process.off('SIGINT', cancel).off('SIGTERM', cancel);
    presenter.close();
  }
}

/** The version in `package.json`, which is beside the sources or above the built files. */
function version(): string {
  const manifest = ['./package.json', '../package.json']
    .map((path) => new URL(path, import.meta.url))
    .find((url) => existsSync(url));
  if (manifest === undefined) return 'unknown';
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(manifest, 'utf8'))).version;
}
