import { alignedColumns, bounded, count, NOTHING, percent, seconds, table } from '../text-cells.ts';
import type { LedgerRow, Tier } from './ledger.ts';
import type { PadReport } from './pad-report.ts';

/** The number of recordings, and of people where it is known. */
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

const ORIGINS = { recorded: 'recorded', simulated: 'simulated', puppet: 'puppet' } as const;

/** Acceptance and APCER of each kind of attack. */
function attackTable(report: PadReport): string {
  const tiers = tiersOf(report);
  const attacks = byKind(report).filter(({ row }) => row.role === 'attack' && !row.unasked);
  return table(
    [
      'attack',
      'made of',
      'presentations',
      'recordings',
      ...tiers.flatMap((tier) => [`${tier}: accepted`, `${tier}: APCER`]),
      'caught by',
      'median time',
    ],
    attacks.map(({ row, rows }) => [
      row.label,
      ORIGINS[row.origin],
      count(row.presentations),
      behind(row),
      ...tiers.flatMap((tier) => {
        const one = rows.find((other) => other.tier === tier);
        return one === undefined ? [NOTHING, NOTHING] : [acceptedCell(one), bounded(one.errorRate)];
      }),
      caughtBy(rows.at(-1) ?? row),
      seconds((rows.at(-1) ?? row).medianMs),
    ]),
  );
}

function acceptedCell({ accepted, recordingsAccepted }: LedgerRow): string {
  return accepted === 0 ? '0' : `**${count(accepted)}** (${count(recordingsAccepted)} recordings)`;
}

/** Results of bona fide subjects, of the puppet, and of recordings without challenges. */
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
      'why not',
      'median time',
      'beyond challenges',
    ],
    rows.map((row) => [
      row.label,
      row.tier,
      count(row.presentations),
      behind(row),
      percent(row.accepted / row.presentations),
      `${row.role === 'attack' ? 'APCER' : 'BPCER'} ${bounded(row.errorRate)}`,
      caughtBy(row),
      seconds(row.medianMs),
      row.medianOverheadMs === null ? NOTHING : seconds(row.medianOverheadMs),
    ]),
  );
}

const PUPPET_NOTE =
  'The answering puppet stands in for a bona fide subject, since nobody in a recording hears a challenge; and it is ' +
  'itself a digital injection attack, the strongest there is: whoever renders a face in real time and feeds it in ' +
  'answers every challenge. What share of its sessions is accepted is the share of such attacks that passes.';

const UNASKED_NOTE =
  '“Nothing asked”: the same policy without its challenges, since nobody in a recording hears them; some six seconds ' +
  'are judged by the cues that a recording can show. No server decides so: what passes here is left to the challenges.';

const COUNT_NOTE =
  'Presentations of one recording are not independent: each draws its own challenges, times and entry, but the pixels ' +
  'behind them are those of the recordings counted beside. Bounds are exact for independent trials (Clopper and ' +
  'Pearson, 95 %), so too narrow by that much. APCER counts accepts of verifications against the reference of the ' +
  'person shown (IAPAR): no attack is caught for showing another face.';

function setting(report: PadReport): string {
  return (
    `Policy \`${report.policy}\`, ${count(report.presentations)} presentations of each kind, seed ${report.seed}; ` +
    `${count(report.frames)} frames analysed.`
  );
}

/** The generated block of docs/measurements.md. */
export function readmeTable(report: PadReport): string {
  return [
    setting(report),
    attackTable(report),
    bonaFideTable(report),
    UNASKED_NOTE,
    COUNT_NOTE,
    PUPPET_NOTE,
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
    attackTable(report),
    COUNT_NOTE,
    '![attacks](ledger.png)',
    '## Bona fide, and recordings without challenges',
    bonaFideTable(report),
    UNASKED_NOTE,
    PUPPET_NOTE,
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
    ['kind', 'tier', 'accepted', 'of', 'error rate', 'median', 'why not'],
    ...report.rows.map((row) => [
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
