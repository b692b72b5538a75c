import { OPTIONS } from './options.ts';

const PREFIX = 'VERIFRAME_';

/** Variables of our other programs, which may stand in the environment of a server as well. */
const OF_OTHER_PROGRAMS = [
  // The command `veriframe`, and the program that it runs for who was accepted.
  'VERIFRAME_API_KEY',
  'VERIFRAME_URL',
  'VERIFRAME_TOKEN',
  'VERIFRAME_SESSION_ID',
  'VERIFRAME_SUBJECT',
  // Tests, evaluation and training.
  'VERIFRAME_DATA',
  'VERIFRAME_TEST_ALL',
  'VERIFRAME_TEST_REPORT',
  'VERIFRAME_FUZZ_SEED',
  'VERIFRAME_FUZZ_TIMES',
  'VERIFRAME_SHOTS',
];

/** What Kubernetes and Docker's links write for a service that is called `veriframe`, or begins so. */
const OF_SERVICES = /_SERVICE_HOST$|_SERVICE_PORT(_\w+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/;
const SERVICE_ADDRESS = /^(tcp|udp|sctp):\/\//;

/** Beyond as many changes a name is no slip of the pen for another. */
const MAX_CHANGES = 4;

/** A sentence for each variable that looks like a setting and is none. It names the nearest one, and no value. */
export function unknownSettings(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const settings = Object.values(OPTIONS).map((option) => option.env);
  const known = new Set<string>([...settings, ...OF_OTHER_PROGRAMS]);
  return Object.entries(env)
    .filter(
      ([name, value]) =>
        name.toUpperCase().startsWith(PREFIX) && !known.has(name) && !isOfService(name, value),
    )
    .map(([name]) => {
      const nearest = nearestOf(name, settings);
      return nearest === null
        ? `${name} is no setting: --help lists them.`
        : `${name} is no setting: did you mean ${nearest}?`;
    });
}

function isOfService(name: string, value = ''): boolean {
  return OF_SERVICES.test(name) || (name.endsWith('_PORT') && SERVICE_ADDRESS.test(value));
}

function nearestOf(name: string, settings: readonly string[]): string | null {
  const upper = name.toUpperCase();
  const plain = upper.slice(PREFIX.length);
  const ranked = settings
    .map((setting) => ({
      setting,
      changes: isPartOf(setting, plain, upper) ? 0 : changesBetween(upper, setting),
    }))
    .toSorted((a, b) => a.changes - b.changes);
  const [first] = ranked;
  return first !== undefined && first.changes <= MAX_CHANGES ? first.setting : null;
}

/** A setting that has no prefix, with it; or the beginning of a longer name. */
function isPartOf(setting: string, plain: string, name: string): boolean {
  return setting === plain || setting.startsWith(`${name}_`);
}

/** Letters to insert, remove or replace so that one text becomes the other (Levenshtein). */
function changesBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let at = 1; at <= from.length; at += 1) {
    const next = [at];
    for (let other = 1; other <= to.length; other += 1) {
      const replaced = (row[other - 1] ?? 0) + (from[at - 1] === to[other - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[other] ?? 0) + 1, (next[other - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
