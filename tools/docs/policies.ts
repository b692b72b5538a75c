import { POLICY_NAMES, type Policy, policyFor } from '../../server/policy/built-in.ts';
import { table } from './table.ts';

const policies = POLICY_NAMES.map((name) => policyFor(name));
const code = (words: readonly string[]) => words.map((word) => `\`${word}\``).join(', ');

function challengesOf({ challenges }: Policy): string {
  if (challenges === null) return 'none';
  const { minCount, maxCount, pool, minHeadMoves, maxSkips } = challenges;
  const count = minCount === maxCount ? `${minCount}` : `${minCount} to ${maxCount}`;
  const moves = minHeadMoves > 0 ? `, at least ${minHeadMoves} of them moves of the head` : '';
  return `${count} of ${code(pool)}${moves}; ${maxSkips === 0 ? 'none' : maxSkips} may be skipped`;
}

/** What each policy asks for, one column a policy. */
export function policyTable(): string {
  const rows: readonly (readonly [string, (policy: Policy) => string])[] = [
    ['modes', ({ modes }) => code(modes)],
    [
      'right that the API key needs',
      ({ needsRight }) => (needsRight === null ? 'none' : `\`${needsRight}\``),
    ],
    ['challenges', challengesOf],
    ['colours are shown', ({ flash }) => (flash === null ? 'never' : 'where the client offers it')],
    [
      'no accept without',
      ({ requiredCues, modes }) => code(modes.includes('verify') ? [...requiredCues, 'match'] : requiredCues),
    ],
    ['cues that are weighed', ({ fusion }) => code(fusion.cues)],
    ['accept from', ({ fusion }) => `${fusion.accept}`],
    ['liveness by itself from', ({ fusion }) => `${fusion.acceptLiveness}`],
    ['reject up to', ({ fusion }) => `${fusion.reject}`],
    ['assumed beforehand', ({ fusion }) => `${fusion.prior}`],
    [
      'false match rate of an accept, 1:1 and 1:N',
      ({ match }) => `${match.acceptFmr}, ${match.identifyAcceptFmr}`,
    ],
    [
      'false match rate of a reject, 1:1 and 1:N',
      ({ match }) => `${match.rejectFmr}, ${match.identifyRejectFmr}`,
    ],
    ['frames a second', ({ supply }) => (supply === null ? 'any' : `${supply.minFramesPerSecond} or more`)],
    ['longest session', ({ timing }) => `${timing.sessionMs / 1000} s`],
  ];
  return table(
    ['', ...POLICY_NAMES.map((name) => `\`${name}\``)],
    rows.map(([title, cell]) => [title, ...policies.map(cell)]),
  );
}

/** The leaves of a policy by their path, as text. */
function leavesOf(value: unknown, path: string): readonly (readonly [string, string])[] {
  if (Array.isArray(value)) return [[path, value.length === 0 ? 'none' : value.join(' ')]];
  if (typeof value !== 'object' || value === null) return [[path, textOf(value)]];
  return Object.entries(value).flatMap(([name, inner]) =>
    leavesOf(inner, path === '' ? name : `${path}.${name}`),
  );
}

function textOf(value: unknown): string {
  if (value === null) return 'none';
  if (value === Infinity) return 'no bound';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Every threshold of every policy, one row for each that has a value. */
export function thresholdTable(): string {
  const columns = policies.map((policy) => new Map(leavesOf({ ...policy, name: undefined }, '')));
  const [first] = columns;
  const paths = new Set(columns.flatMap((column) => [...column.keys()]));
  paths.delete('name');
  return table(
    ['threshold', ...POLICY_NAMES.map((name) => `\`${name}\``)],
    [...paths].map((path) => [
      `\`${path}\``,
      ...columns.map((column) => {
        const value = column.get(path) ?? '–';
        return column !== first && value === first?.get(path) ? '″' : value;
      }),
    ]),
  );
}
