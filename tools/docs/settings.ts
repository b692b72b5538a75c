import { OPTIONS } from '../../server/config.ts';
import type { Option } from '../../server/settings/option.ts';
import { table } from './table.ts';

/** Digits in groups of three, apart from the unit. */
const grouped = (value: number, unit: string) =>
  `${value.toLocaleString('en-US').replaceAll(',', ' ')}${unit && ` ${unit}`}`;

function defaultOf({ default: value, unit }: Option): string {
  if (typeof value === 'number') return grouped(value, unit);
  return value === '' ? '' : `\`${value}\``;
}

function rangeOf({ choices, min, max }: Option): string {
  if (choices !== undefined) return choices.map((choice) => `\`${choice}\``).join(', ');
  return min === undefined || max === undefined ? '' : `${grouped(min, '')} to ${grouped(max, '')}`;
}

/** Every setting of the server. */
export function settingsTable(): string {
  return table(
    ['variable', 'default', 'values', 'meaning'],
    Object.values<Option>(OPTIONS).map((option) => [
      `\`${option.env}\``,
      defaultOf(option),
      rangeOf(option),
      `${option.description}${option.secret === true ? ' Secret.' : ''}`,
    ]),
  );
}
