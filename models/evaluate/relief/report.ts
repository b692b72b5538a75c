import { relief } from '../../../server/policy/relief.ts';
import { hash32 } from '../../../simulator/seeded.ts';
import { bounded, table } from '../text-cells.ts';
import { proportion } from '../proportion.ts';
import type { ReliefMove } from '../../../server/vision/analysis.ts';
import type { PerformanceShown, TurnShown } from './measure.ts';

/** The report as Markdown: a row for each species and half, then one for each recording of a living person. */
export function reliefReport(performances: readonly PerformanceShown[]): string {
  const species = [...new Set(performances.map((one) => one.species))];
  const rowsOf = (move: ReliefMove) =>
    species.flatMap((kind) =>
      (['set', 'judged'] as const).flatMap((half) => {
        const own = performances
          .filter((one) => one.species === kind && halfOf(one.of) === half)
          .map((one) => ({ ...one, turns: one.turns.filter((turn) => turn.move === move) }));
        return own.length === 0 ? [] : [speciesRow(kind, half, own)];
      }),
    );
  const living = performances.filter((one) => one.species === 'living' && one.turns.length > 0);
  const cost = performances.reduce((sum, { costMs }) => sum + costMs, 0);
  const measured = performances.reduce((sum, { measuredFrames }) => sum + measuredFrames, 0);
  const frames = performances.reduce((sum, one) => sum + one.frames, 0);
  return [
    'Each measure: least / median / largest of the turns, or of the nods. Heads: those that are taken for a head, of',
    'those that could be judged. Accepted: of all whose turns have frames enough, those with a head among their first',
    'two such turns.',
    '',
    table(headings('turns'), rowsOf('turn')),
    '',
    table(headings('nods'), rowsOf('nod')),
    '',
    'Turns and nods of living people: finding, frames, α, α without the nose, share of patches, hair flow, shading.',
    '',
    table(
      ['recording', 'person', 'half', 'turns'],
      living.map((one) => [one.name, one.of, halfOf(one.of), one.turns.map(turnCell).join('; ')]),
    ),
    '',
    `Processor time: ${(cost / Math.max(1, measured)).toFixed(2)} ms a frame with a texture or a measured turn, ` +
      `${(cost / Math.max(1, frames)).toFixed(2)} ms averaged over all frames.`,
  ].join('\n');
}

const headings = (moves: string) => [
  'species',
  'half',
  'shown',
  moves,
  'relief α',
  'without nose',
  'patches kept',
  'hair flow',
  'shading',
  'heads',
  'unclear',
  'accepted',
];

/** People and photographs are split by their name: one half to choose bars by, one to judge them. */
export function halfOf(of: string): 'set' | 'judged' {
  return hash32(...Buffer.from(of)) % 2 === 0 ? 'set' : 'judged';
}

function speciesRow(kind: string, half: string, own: readonly PerformanceShown[]): readonly string[] {
  const turns = own.flatMap((one) => one.turns);
  const judged = turns.filter(({ finding }) => finding !== 'unclear');
  const heads = judged.filter(({ finding }) => finding === 'head').length;
  const enough = own.map((one) => one.turns.filter(({ frames }) => frames >= relief.minFrames));
  const turned = enough.filter((some) => some.length > 0);
  const accepted = turned.filter((some) => some.slice(0, 2).some(({ finding }) => finding === 'head')).length;
  return [
    kind,
    half,
    `${own.length}`,
    `${turns.length}`,
    range(turns.map((turn) => turn.relief)),
    range(turns.map(({ besideNose }) => besideNose)),
    range(turns.map(({ keptShare }) => keptShare)),
    range(turns.flatMap(({ hairFlow }) => (hairFlow === null ? [] : [hairFlow]))),
    range(
      turns.flatMap(({ shading }) => (shading === null ? [] : [shading])),
      3,
    ),
    judged.length === 0 ? '–' : `${heads} of ${judged.length}`,
    `${turns.length - judged.length}`,
    turned.length === 0
      ? '–'
      : `${accepted} of ${turned.length}, ${bounded(proportion(accepted, turned.length))}`,
  ];
}

function turnCell(turn: TurnShown): string {
  const { move, finding, frames, hairFlow, shading } = turn;
  const measures = [turn.relief, turn.besideNose, turn.keptShare].map((value) => value.toFixed(2));
  return [
    ...(move === 'nod' ? ['nod'] : []),
    finding,
    frames,
    ...measures,
    hairFlow?.toFixed(2) ?? '–',
    shading?.toFixed(3) ?? '–',
  ].join(' ');
}

function range(values: readonly number[], digits = 2): string {
  const sorted = values.filter((value) => Number.isFinite(value)).toSorted((a, b) => a - b);
  if (sorted.length === 0) return '–';
  return [sorted[0], sorted[sorted.length >> 1], sorted[sorted.length - 1]]
    .map((value) => value.toFixed(digits))
    .join(' / ');
}
