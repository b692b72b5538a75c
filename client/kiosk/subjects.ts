import { writeFile } from 'node:fs/promises';
import {
  ApiError,
  createBackend,
  type SubjectFilter,
  type SubjectRecord,
  type Subjects,
} from '@veriframe/backend';
import { findApiKey, kioskErrorOf } from './api.ts';
import { parseArguments } from './arguments.ts';
import { KioskError } from './errors.ts';
import { endpointsNamed } from './options.ts';

export const SUBJECTS_USAGE = `Usage: veriframe subjects list [filters] [options]
       veriframe subjects show|suspend|resume|unlock|export ID [options]
       veriframe subjects label ID [TEXT]
       veriframe subjects consent ID --by WHO --text VERSION [--at TIME]
       veriframe subjects consent ID --withdraw
       veriframe subjects expire ID TIME|never
       veriframe subjects references ID [--remove REFERENCE]
       veriframe subjects erase ID --yes

Whom a server knows, and what it keeps of them.

list        who is enrolled: id, references, state, last use, label
show        all of one subject but its templates, as JSON
label       a word of yours for the subject, found by list --label; without TEXT
            it is removed
suspend     nobody is accepted as this subject until resume
unlock      ends a lock-out after failed attempts
consent     puts on record who took the person's consent, when, to which text
expire      when the subject is erased by itself, such as 2027-01-31
export      everything that is held, templates included, as JSON
references  what each was made of; --remove takes one away, but not the last
erase       everything that is held, for good

  --label WORDS     only subjects whose label has these words
  --suspended       only suspended ones
  --no-consent      only those without a consent on record
  --unused-days N   only those neither enrolled nor accepted for N days
  --out FILE        export into FILE, which only you can read
  --json            list as one JSON object a line
  --url URL         the server (default VERIFRAME_URL, then ws://localhost:8080)
  --api-key KEY     a key with the right mayManage (default VERIFRAME_API_KEY,
                    else the development key in ./data or VERIFRAME_DATA_DIR)
`;

const OPTIONS = {
  label: { type: 'string' },
  suspended: { type: 'boolean' },
  'no-consent': { type: 'boolean' },
  'unused-days': { type: 'string' },
  by: { type: 'string' },
  text: { type: 'string' },
  at: { type: 'string' },
  withdraw: { type: 'boolean' },
  remove: { type: 'string' },
  out: { type: 'string' },
  yes: { type: 'boolean' },
  json: { type: 'boolean' },
  url: { type: 'string' },
  'api-key': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Given = ReturnType<typeof parseArguments<typeof OPTIONS>>['values'];

interface Call {
  readonly subjects: Subjects;
  readonly subject: string;
  /** What follows the id; null: nothing. */
  readonly more: string | null;
  readonly given: Given;
  readonly out: (text: string) => void;
}

const PAGE = 200;
const DAY_MS = 86_400_000;

/** What is done to one subject, and whether something may follow its id. */
const ACTIONS: Readonly<Record<string, { readonly takes: boolean; run(call: Call): Promise<void> }>> = {
  show: {
    takes: false,
    run: async ({ subjects, subject, out }) => out(json(await subjects.record(subject))),
  },
  label: {
    takes: true,
    run: async ({ subjects, subject, more }) => void (await subjects.change(subject, { label: more })),
  },
  suspend: {
    takes: false,
    run: async ({ subjects, subject }) => void (await subjects.change(subject, { suspended: true })),
  },
  resume: {
    takes: false,
    run: async ({ subjects, subject }) => void (await subjects.change(subject, { suspended: false })),
  },
  unlock: { takes: false, run: async ({ subjects, subject }) => await subjects.unlock(subject) },
  consent: { takes: false, run: consent },
  expire: {
    takes: true,
    async run({ subjects, subject, more }) {
      if (more === null) throw usage('expire needs a time, such as 2027-01-31, or never.');
      await subjects.change(subject, { expiresAtMs: more === 'never' ? null : timeOf(more) });
    },
  },
  export: { takes: false, run: exportTo },
  references: { takes: false, run: references },
  erase: {
    takes: false,
    async run({ subjects, subject, given, out }) {
      if (given.yes !== true) throw usage('erase cannot be undone: add --yes.');
      out(`${await subjects.erase(subject)} references erased\n`);
    },
  },
};

/**
 * Runs `veriframe subjects`.
 * @param args what follows `subjects` on the command line
 * @throws KioskError
 */
export async function runSubjects(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  out: (text: string) => void,
): Promise<void> {
  const { values: given, positionals } = parseArguments(args, OPTIONS);
  if (given.help === true) return out(SUBJECTS_USAGE);
  const [name = '', subject, more, ...rest] = positionals;
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  const fits =
    action === undefined
      ? name === 'list' && subject === undefined
      : subject !== undefined && rest.length === 0 && (more === undefined || action.takes);
  if (!fits) throw usage(`Say what to do: list, or one of ${Object.keys(ACTIONS).join(', ')} with an ID.`);
  const { base } = endpointsNamed(given.url, environment);
  const apiKey = await findApiKey(given['api-key'], environment, process.cwd());
  const { subjects } = createBackend({ url: base, apiKey, audience: null, issuer: null });
  try {
    if (action === undefined) await list(subjects, given, out);
    else await action.run({ subjects, subject: subject ?? '', more: more ?? null, given, out });
  } catch (error) {
    throw error instanceof ApiError ? kioskErrorOf(error) : error;
  }
}

async function list(subjects: Subjects, given: Given, out: (text: string) => void): Promise<void> {
  const filter = filterOf(given);
  for (let page: string | null = null; ; ) {
    const found = await subjects.search(filter, { limit: PAGE, page });
    for (const record of found.subjects)
      out(given.json === true ? `${JSON.stringify(record)}\n` : lineOf(record));
    page = found.next;
    if (page === null) return;
  }
}

function filterOf(given: Given): SubjectFilter {
  const days = given['unused-days'] === undefined ? null : Number(given['unused-days']);
  if (days !== null && !(days > 0)) throw usage('--unused-days must be a number above 0.');
  return {
    ...(given.label === undefined ? {} : { label: given.label }),
    ...(given.suspended === true ? { suspended: true } : {}),
    ...(given['no-consent'] === true ? { consented: false } : {}),
    ...(days === null ? {} : { unusedSinceMs: Math.round(Date.now() - days * DAY_MS) }),
  };
}

function lineOf(record: SubjectRecord): string {
  const { subject, references: count, suspendedAtMs, lastAcceptedAtMs, label } = record;
  const state = suspendedAtMs === null ? 'good' : `suspended ${dayOf(suspendedAtMs)}`;
  const used = lastAcceptedAtMs === null ? 'never accepted' : `accepted ${dayOf(lastAcceptedAtMs)}`;
  return `${subject}  ${count}  ${state}  ${used}${label === null ? '' : `  ${printable(label)}`}\n`;
}

async function consent({ subjects, subject, given }: Call): Promise<void> {
  const { by, text, at, withdraw } = given;
  if (withdraw === true && by === undefined && text === undefined)
    return void (await subjects.change(subject, { consent: null }));
  if (withdraw === true || by === undefined || text === undefined)
    throw usage('consent needs --by WHO and --text VERSION, or --withdraw.');
  const atMs = at === undefined ? {} : { atMs: timeOf(at) };
  await subjects.change(subject, { consent: { by, textVersion: text, ...atMs } });
}

async function exportTo({ subjects, subject, given, out }: Call): Promise<void> {
  const text = json(await subjects.export(subject));
  if (given.out === undefined) return out(text);
  await writeFile(given.out, text, { mode: 0o600, flag: 'wx' }).catch((cause: unknown) => {
    throw usage(`--out ${given.out}: ${cause instanceof Error ? cause.message : String(cause)}.`);
  });
}

async function references({ subjects, subject, given, out }: Call): Promise<void> {
  if (given.remove !== undefined) return await subjects.removeReference(subject, given.remove);
  for (const { id, createdAtMs, models, photos } of (await subjects.record(subject)).held)
    out(
      `${id}  ${dayOf(createdAtMs)}  ${photos === null ? 'session' : `${photos} photos`}  ${models.join(' ')}\n`,
    );
}

/** A label is anybody's text: no control character of it reaches the terminal. */
const printable = (text: string) => text.replaceAll(/\p{C}/gu, '·');
const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
const dayOf = (atMs: number) => new Date(atMs).toISOString().slice(0, 10);

function timeOf(text: string): number {
  const atMs = Date.parse(text);
  if (Number.isNaN(atMs)) throw usage(`${text} is no time; write it as 2027-01-31 or 2027-01-31T12:00Z.`);
  return atMs;
}

function usage(detail: string): KioskError {
  return new KioskError('usage.invalid', detail);
}
