import type { StreamFindings } from './streams.ts';
import { areaUnderCurve, type Turns } from './turns.ts';

/** Measurements of one recording. */
export interface Row {
  readonly kind: string;
  readonly name: string;
  readonly turns: Turns;
  readonly stream: StreamFindings;
}

/** The results as Markdown. */
export function report(rows: readonly Row[]): string {
  const kinds = [...new Set(rows.map(({ kind }) => kind))];
  const of = (kind: string) => rows.filter((row) => row.kind === kind);
  const lines = kinds.map((kind) => {
    const turns = of(kind).map((row) => row.turns);
    const streams = of(kind).map((row) => row.stream);
    const counted = new Map<string, number>();
    for (const indicator of streams.flatMap(({ signs }) => signs))
      counted.set(indicator, (counted.get(indicator) ?? 0) + 1);
    const cells = [
      `${of(kind).length}`,
      range(
        turns.map(({ widestDeg }) => widestDeg),
        0,
      ),
      range(turns.map(({ depthParallax }) => depthParallax)),
      range(turns.map(({ offPlane }) => offPlane)),
      range(streams.map(({ stillest }) => stillest)),
      range(streams.map(({ standing }) => standing)),
      [...counted].map(([indicator, count]) => `${indicator} ${count}`).join(', ') || '–',
    ];
    return `| ${[kind, ...cells].join(' | ')} |`;
  });
  const depthParallax = (matching: RegExp) =>
    rows.filter(({ kind }) => matching.test(kind)).flatMap(({ turns }) => turns.depthParallax ?? []);
  const offPlane = (matching: RegExp) =>
    rows.filter(({ kind }) => matching.test(kind)).flatMap(({ turns }) => turns.offPlane ?? []);
  const people = /^person/;
  const flat = /photo/;
  return [
    'Least / middle / largest of the recordings (number that could be measured).',
    '',
    '| | recordings | widest turn, ° | depth parallax in turns | off-plane ÷ sin(turn) | stillest second, eye distances | standing blocks | signs |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...lines,
    '',
    `AUC, people against photos: likeness ${shown(areaUnderCurve(depthParallax(people), depthParallax(flat)))}, off-plane ${shown(areaUnderCurve(offPlane(people), offPlane(flat)))}.`,
    `Folding a frame into the injection cue, µs: ${range(
      rows.map(({ stream }) => stream.microsecondsAFrame),
      0,
    )}.`,
  ].join('\n');
}

/** Depth reliefs by the surface before the sensor, as Markdown. */
export function reliefTable(reliefs: Readonly<Record<string, readonly number[]>>): string {
  const lines = Object.entries(reliefs).map(([name, found]) => `| ${name} | ${range(found, 2)} |`);
  return ['| depth, noise of 1 to 6 mm | relief |', '| --- | --- |', ...lines].join('\n');
}

function shown(value: number | null, digits = 3): string {
  return value === null ? '–' : value.toFixed(digits);
}

/** Minimum / median / maximum (number of values that are known). */
function range(numbers: readonly (number | null)[], digits = 3): string {
  const sorted = numbers.filter((value) => value !== null).toSorted((a, b) => a - b);
  if (sorted.length === 0) return '–';
  const ends = [sorted[0], sorted[sorted.length >> 1], sorted[sorted.length - 1]];
  return `${ends.map((value) => shown(value, digits)).join(' / ')} (${sorted.length})`;
}
