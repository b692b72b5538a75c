import { alignedColumns, bounded, count, NOTHING, percent, seconds, table } from '../text-cells.ts';
import type { LedgerRow, Tier } from './ledger.ts';
import type { PadReport } from './pad-report.ts';
import { ATTACK_CLASSES, type AttackClass } from './session-kinds.ts';

/** The number of recordings or photographs, and of people where it is known. */
function behind({ recordings, people }: LedgerRow): string {
  return people === null ? count(recordings) : `${count(recordings)} of ${people} people`;
}

/** The most frequent reasons of sessions that were not accepted, at most three. */
function caughtBy({ reasons, presentations }: LedgerRow): string {
  const telling = reasons.filter(({ reasons: one }) => one !== 'evidence-sufficient').slice(0, 3);
  return telling.length === 0
    ? NOTHING
    : telling
        .map(({ reasons: one, sessions }) => `${one} ${Math.round((100 * sessions) / presentations)} %`)
        .join('; ');
}

const tiersOf = ({ rows }: PadReport): Tier[] => [...new Set(rows.map(({ tier }) => tier))];

/** Kinds in the order of the report, with their rows of all tiers. */
function byKind(report: PadReport): { readonly row: LedgerRow; readonly rows: readonly LedgerRow[] }[] {
  const kinds = [...new Set(report.rows.map(({ kind }) => kind))];
  return kinds.map((kind) => {
    const rows = report.rows.filter((row) => row.kind === kind);
    return { row: rows[0], rows };
  });
}

/** An attack's rows of all tiers. */
interface Attack {
  readonly row: LedgerRow;
  readonly rows: readonly LedgerRow[];
}

/** The attacks of one class that hear challenges, worst first: by the highest share accepted in any tier. */
export function attacksOf(report: PadReport, attackClass: AttackClass): readonly Attack[] {
  const worst = ({ rows }: Attack) => Math.max(...rows.map(({ errorRate }) => errorRate.value));
  return byKind(report)
    .filter(({ row }) => row.role === 'attack' && !row.unasked && row.attackClass === attackClass)
    .toSorted((a, b) => worst(b) - worst(a));
}

/**
 * RIAPAR (ISO/IEC 30107-3:2023): the share of the attack's presentations that is accepted plus the share of bona fide
 * presentations that is not, on one tier; null where no bona fide subject was asked.
 */
export function relativeRate({ tier, errorRate }: LedgerRow, { rows }: PadReport): number | null {
  const bonaFide = rows.find((row) => row.role === 'bona fide' && !row.unasked && row.tier === tier);
  return bonaFide === undefined ? null : errorRate.value + bonaFide.errorRate.value;
}

/** Acceptance of each attack of one class. */
function attackTable(report: PadReport, attackClass: AttackClass): string {
  const tiers = tiersOf(report);
  return table(
    [
      'attack',
      'what it takes',
      'made of',
      'sessions',
      'photographs or recordings',
      ...tiers.flatMap((tier) => [`${tier}: accepted`, `${tier}: APCER = IAPAR`, `${tier}: RIAPAR`]),
      'caught by',
      'median time',
      '90 % within',
    ],
    attacksOf(report, attackClass).map(({ row, rows }) => {
      const last = rows.at(-1) ?? row;
      return [
        row.label,
        row.cost ?? NOTHING,
        row.origin,
        count(row.presentations),
        behind(row),
        ...tiers.flatMap((tier) => {
          const one = rows.find((other) => other.tier === tier);
          if (one === undefined) return [NOTHING, NOTHING, NOTHING];
          const relative = relativeRate(one, report);
          return [acceptedCell(one), bounded(one.errorRate), relative === null ? NOTHING : percent(relative)];
        }),
        caughtBy(last),
        seconds(last.medianMs),
        seconds(last.p90Ms),
      ];
    }),
  );
}

const HEADINGS: Readonly<Record<AttackClass, string>> = {
  presentation: '(a) Presentation attacks: something before a real camera',
  'cheap injection':
    '(b) Cheap injection: what one photograph, some stills or clips can be made into without a model of the head’s depth',
  'rendered injection': '(c) Rendered injection: a head with depth',
};

/** A table for each class that has rows. */
function attackTables(report: PadReport): string[] {
  return ATTACK_CLASSES.filter((one) => attacksOf(report, one).length > 0).flatMap((one) => [
    `**${HEADINGS[one]}**`,
    attackTable(report, one),
  ]);
}

function acceptedCell({ accepted, recordings, recordingsAccepted }: LedgerRow): string {
  return accepted === 0
    ? '0'
    : `**${count(accepted)}** (${count(recordingsAccepted)} of ${count(recordings)})`;
}

const boundsOf = ({ low, high }: LedgerRow['byPerson']) => `${percent(low)} to ${percent(high)}`;

/** Results of bona fide subjects, and of recordings without challenges. */
function bonaFideTable(report: PadReport): string {
  const rows = report.rows.filter(({ role, unasked }) => role !== 'attack' || unasked);
  return table(
    [
      'presented',
      'tier',
      'presentations',
      'recordings',
      'accepted',
      'error rate',
      'bounds by person',
      'why not',
      'median time',
      '90 % within',
      'beyond challenges',
    ],
    rows.map((row) => [
      row.label,
      row.tier,
      count(row.presentations),
      behind(row),
      percent(row.accepted / row.presentations),
      `${row.role === 'attack' ? 'APCER' : 'BPCER'} ${bounded(row.errorRate)}`,
      boundsOf(row.byPerson),
      caughtBy(row),
      seconds(row.medianMs),
      seconds(row.p90Ms),
      row.medianOverheadMs === null ? NOTHING : seconds(row.medianOverheadMs),
    ]),
  );
}

const PERSON_NOTE =
  'The simulated person is a head rendered in three dimensions. It stands in for bona fide subjects, since nobody in a ' +
  'recording hears a challenge: what is counted on it is a simulation, and says nothing about living people. The same head ' +
  'is a rendered injection, the third class: what share of its sessions is accepted is the share of such attacks that ' +
  'passes by what the pictures show.';

const UNASKED_NOTE =
  '“Nothing asked”: the same policy without its challenges, since nobody in a recording hears them; some six seconds ' +
  'are judged by the cues that a recording can show. No server decides so: what passes here is left to the challenges.';

const COUNT_NOTE =
  'Presentations of one recording are not independent: each draws its own challenges, times and entry, but the pixels ' +
  'behind them are those of the recordings counted beside. Bounds are exact for independent trials (Clopper and ' +
  'Pearson, 95 %), so too narrow by that much. APCER of a species of attack is its share of accepted sessions. It is ' +
  'IAPAR here, since PAD and match decide together, against the reference of the person shown: no attack is caught for ' +
  'showing another face. RIAPAR adds the share of simulated people who are not accepted on the same tier. Within a class ' +
  'the worst row comes first.';

function setting(report: PadReport): string {
  return (
    `Policy \`${report.policy}\`, ${count(report.presentations)} sessions of each kind, seed ${report.seed}; ` +
    `${count(report.frames)} frames analysed.`
  );
}

/** The generated block of docs/measurements.md. */
export function readmeTable(report: PadReport): string {
  return [
    setting(report),
    ...attackTables(report),
    bonaFideTable(report),
    UNASKED_NOTE,
    COUNT_NOTE,
    PERSON_NOTE,
    ...lacks(report),
  ].join('\n\n');
}

function lacks({ notices }: PadReport): string[] {
  return notices.length === 0 ? [] : [`Not in it: ${notices.join('; ')}.`];
}

/** The whole report in Markdown. */
export function markdownReport(report: PadReport): string {
  const cues = report.rows.map((row) => [
    row.kind,
    row.tier,
    ...row.cues.map(({ measured, against, meanLlr }) =>
      measured === 0 ? NOTHING : `${measured}, ${against} against, ${(meanLlr ?? 0).toFixed(1)}`,
    ),
  ]);
  const parts = [
    '# Presentation attack ledger',
    setting(report),
    '## Attacks',
    ...attackTables(report),
    COUNT_NOTE,
    '![attacks](ledger.png)',
    '## Bona fide, and recordings without challenges',
    bonaFideTable(report),
    UNASKED_NOTE,
    PERSON_NOTE,
    '## What each cue said',
    'Sessions in which it was measured, those in which it spoke against the claim, and its mean log-likelihood ratio.',
    table(['kind', 'tier', ...(report.rows[0]?.cues ?? []).map(({ cue }) => cue)], cues),
    '## Reasons',
    ...report.rows.map(
      ({ kind, tier, reasons }) =>
        `- ${kind} (${tier}): ${reasons.map((one) => `${one.reasons} ${one.sessions}`).join('; ')}`,
    ),
    ...lacks(report),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** One line for each kind and tier. */
export function terminalTable(report: PadReport): string {
  return alignedColumns([
    ['class', 'kind', 'tier', 'accepted', 'of', 'error rate', 'median', 'why not'],
    ...report.rows.map((row) => [
      row.attackClass ?? row.role,
      row.kind,
      row.tier,
      `${row.accepted}`,
      `${row.presentations}`,
      bounded(row.errorRate),
      seconds(row.medianMs),
      caughtBy(row),
    ]),
  ]);
}
