import { appendFile, writeFile } from 'node:fs/promises';
import { ApiError, createBackend } from '@veriframe/backend';
import { findApiKey, kioskErrorOf } from '../api.ts';
import { parseArguments } from '../arguments.ts';
import { KioskError } from '../errors.ts';
import { endpointsNamed } from '../options.ts';
import { findEntries, type ImportEntry } from './entries.ts';
import { importEntry, type ImportedEntry, type ImportTerms } from './import-entry.ts';
import { progressBar, type ProgressStream } from './progress.ts';
import { reportOf } from './report.ts';

const MOST_PARALLEL = 16;
const DEFAULT_PARALLEL = 6;
/** Longest wait for one answer: sessions go before photographs. */
const TIMEOUT_MS = 120_000;

export const IMPORT_USAGE = `Usage: veriframe import DIR|FILE.csv [options]

Enrols people from photographs on a server that runs. You vouch for them: who
is in the picture, and that it may be used. One good photograph is enough, and
up to 8 of one person become one reference. No photograph is stored.

DIR holds SUBJECT.jpg, or a folder SUBJECT with photographs. FILE.csv has the
columns subject and path, and label if you like; paths are relative to it.
Files that begin with a dot, and other kinds of files, are left out.

The same photographs again change nothing. So after a crash, or Ctrl-C, run the
same command again: it goes on where it was.

  --report FILE      one JSON object a person, as it is done
  --json             the same on standard output, instead of the report
  --consent-by WHO   puts on record that WHO took their consent
  --consent-text V   to this version of the wording
  --distinct ID      people who resemble the enrolled ID are others, as you have
                     seen for yourself; may be repeated
  --parallel N       people at a time (default ${DEFAULT_PARALLEL}, at most ${MOST_PARALLEL})
  --url URL          the server (default VERIFRAME_URL, then ws://localhost:8080)
  --api-key KEY      a key with the right mayImport; duplicates are named if it
                     also has mayManage (default VERIFRAME_API_KEY, else the
                     development key in ./data or VERIFRAME_DATA_DIR)

Exit status: 0 all are enrolled, 1 some were refused, 3 error.
`;

const OPTIONS = {
  report: { type: 'string' },
  json: { type: 'boolean' },
  'consent-by': { type: 'string' },
  'consent-text': { type: 'string' },
  distinct: { type: 'string', multiple: true },
  parallel: { type: 'string' },
  url: { type: 'string' },
  'api-key': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

interface Output {
  readonly out: (text: string) => void;
  readonly progress: ProgressStream;
}

/**
 * Runs `veriframe import`. Resolves with the exit status.
 * @param args what follows `import` on the command line
 * @throws KioskError
 */
export async function runImport(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  { out, progress }: Output,
): Promise<number> {
  const { values, positionals } = parseArguments(args, OPTIONS);
  if (values.help === true) {
    out(IMPORT_USAGE);
    return 0;
  }
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0) throw usage('Name one folder of photographs, or one CSV file.');
  const terms = termsOf(values);
  const parallel = parallelOf(values.parallel);
  const { base } = endpointsNamed(values.url, environment);
  const apiKey = await findApiKey(values['api-key'], environment, process.cwd());
  const { subjects } = createBackend({
    url: base,
    apiKey,
    audience: null,
    issuer: null,
    timeoutMs: TIMEOUT_MS,
  });
  const entries = await findEntries(path);
  if (values.report !== undefined) await writeFile(values.report, '', { mode: 0o600 });
  const bar = progressBar(progress, entries.length);
  const done: ImportedEntry[] = [];
  try {
    await inParallel(entries, parallel, async (entry) => {
      const imported = await importEntry(subjects, entry, terms);
      done.push(imported);
      const line = `${JSON.stringify(imported)}\n`;
      if (values.json === true) out(line);
      if (values.report !== undefined) await appendFile(values.report, line);
      bar.step();
    });
  } catch (error) {
    throw error instanceof ApiError ? kioskErrorOf(error) : error;
  } finally {
    const tookMs = bar.end();
    if (values.json !== true && done.length > 0) out(reportOf(done, tookMs));
  }
  return done.some(({ result }) => result === 'refused') ? 1 : 0;
}

/** Runs `work` for each item, so many at a time. The first failure ends it, once those that run have ended. */
async function inParallel(
  items: readonly ImportEntry[],
  lanes: number,
  work: (item: ImportEntry) => Promise<void>,
): Promise<void> {
  const left = items.values();
  let failed = false;
  const lane = async () => {
    for (const item of left) {
      if (failed) return;
      await work(item).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: lanes }, lane));
  const failure = ended.find((one) => one.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

function termsOf(values: {
  readonly 'consent-by'?: string | undefined;
  readonly 'consent-text'?: string | undefined;
  readonly distinct?: string[] | undefined;
}): ImportTerms {
  const { 'consent-by': by, 'consent-text': textVersion, distinct = [] } = values;
  if ((by === undefined) !== (textVersion === undefined))
    throw usage('--consent-by and --consent-text go together.');
  const consent = by === undefined || textVersion === undefined ? null : { by, textVersion };
  return { consent, distinctFrom: distinct };
}

function parallelOf(text: string | undefined): number {
  const parallel = text === undefined ? DEFAULT_PARALLEL : Number(text);
  if (Number.isInteger(parallel) && parallel >= 1 && parallel <= MOST_PARALLEL) return parallel;
  throw usage(`--parallel must be a whole number from 1 to ${MOST_PARALLEL}.`);
}

function usage(detail: string): KioskError {
  return new KioskError('usage.invalid', detail);
}
