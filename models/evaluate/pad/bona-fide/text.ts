import { alignedColumns, bounded, count, NOTHING, percent, seconds, table } from '../../text-cells.ts';
import type { BonaFideReport } from './report.ts';
import { isRecorded } from './subject.ts';
import type { BonaFideRow } from './summary.ts';

const MOST_REASONS = 3;

/** Why sessions were not accepted. */
function whyNot({ failures, sessions }: BonaFideRow): string {
  if (failures.length === 0) return NOTHING;
  return failures
    .slice(0, MOST_REASONS)
    .map((one) => `${one.reasons} ${percent(one.sessions / sessions)}`)
    .join('; ');
}

function indicators({ signs: shown }: BonaFideRow): string {
  return shown.length === 0
    ? NOTHING
    : shown.map(({ sign: indicator, share }) => `${indicator} ${Math.round(100 * share)} %`).join(', ');
}

const HEAD = [
  'shown',
  'policy',
  'tier',
  'mode',
  'sessions',
  'people',
  'people refused once',
  'BPCER (by session)',
  'bounds by person',
  'of them by signs alone',
  'why not',
  'signs seen',
  'median time',
];

const cells = (row: BonaFideRow): string[] => [
  row.condition,
  row.policy,
  row.tier,
  row.mode,
  count(row.sessions),
  count(row.people),
  count(row.peopleRefused),
  bounded(row.errorRate),
  `${percent(row.byPerson.low)}–${percent(row.byPerson.high)}`,
  count(row.refusedBySigns),
  whyNot(row),
  indicators(row),
  seconds(row.medianMs),
];

const RECORDED_NOTE =
  'Recordings of living people, who hear nothing: `standard` without its challenges, judged by some six seconds and by ' +
  'what speaks against them; `passive` as it is, where a recording is long enough to wait for a blink. The reference is ' +
  'from the start of the same recording.';

const DRAWN_NOTE =
  '**Drawn people are a simulation**: a head laid over one photograph, which answers every challenge after a human ' +
  'reaction time, out of two takes of each answer (a session is played anew where a third one made it look `repeated`). They show what the service asks of somebody who does all of it, not what people and their cameras do.';

const BOUNDS_NOTE =
  'BPCER counts every session that was not accepted; “by signs alone” those that `repeated`, `spliced` and other signs of ' +
  'injection, or `face-changed`, rejected whatever else was seen. Bounds by session are exact for independent sessions (Clopper and ' +
  'Pearson, 95 %), which sessions of one person are not; bounds by person are the middle 95 % over people drawn with ' +
  'replacement, and where nobody was refused those of as many independent people.';

function setting({ sessionsEach, seed, frames, chosen, codecs }: BonaFideReport): string {
  return (
    `${count(sessionsEach)} sessions of each recording and each drawn person in every row, seed ${seed}; ` +
    `${count(frames)} frames analysed. Drawn from photographs: ${chosen}. Compressed by ${codecs}.`
  );
}

const endedFirstWords = ({ endedFirst }: BonaFideReport): string =>
  `${count(endedFirst)} sessions more count neither way: the recording was over before its person had held still for half a ` +
  'second, as one is asked to, or had shown as many good frames as any session needs.';

const leftOutWords = ({ leftOut }: BonaFideReport): string =>
  leftOut.map(({ why, subjects }) => `${count(subjects)} because ${why}`).join('; ');

/** The generated tables with their notes. */
export function tables(report: BonaFideReport): string {
  const recorded = report.rows.filter(({ condition }) => isRecorded(condition));
  const drawn = report.rows.filter(({ condition }) => !isRecorded(condition));
  return [
    setting(report),
    ...(recorded.length === 0 ? [] : [RECORDED_NOTE, table(HEAD, recorded.map(cells))]),
    ...(drawn.length === 0 ? [] : [DRAWN_NOTE, table(HEAD, drawn.map(cells))]),
    BOUNDS_NOTE,
    ...(report.endedFirst === 0 ? [] : [endedFirstWords(report)]),
    ...(report.leftOut.length === 0 ? [] : [`Left out: ${leftOutWords(report)}.`]),
    ...(report.notices.length === 0 ? [] : [`Not in it: ${report.notices.join('; ')}.`]),
  ].join('\n\n');
}

/** The whole report in Markdown. */
export const markdownReport = (report: BonaFideReport): string =>
  `# Bona fide people who are not accepted\n\n${tables(report)}\n`;

/** One line for each row. Drawn people are marked. */
export function terminalTable({ rows }: BonaFideReport): string {
  return alignedColumns([
    ['shown', 'policy', 'tier', 'mode', 'sessions', 'people', 'BPCER', 'by person', 'why not'],
    ...rows.map((row) => [
      isRecorded(row.condition) ? row.condition : `drawn: ${row.condition}`,
      row.policy,
      row.tier,
      row.mode,
      `${row.sessions}`,
      `${row.people}`,
      bounded(row.errorRate),
      `${percent(row.byPerson.low)}–${percent(row.byPerson.high)}`,
      whyNot(row),
    ]),
  ]);
}
