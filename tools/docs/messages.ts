import { z } from 'zod';
import { DOWNSTREAM } from '../../protocol/downstream.ts';
import { UPSTREAM } from '../../protocol/upstream.ts';
import { table } from './table.ts';

/** The part of a JSON Schema that the messages use. */
interface Described {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Described>>;
  readonly required?: readonly string[];
  readonly items?: Described;
  readonly enum?: readonly string[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
}

/** Every field of every message that a client sends. */
export const upstreamTable = (): string => fieldTable(UPSTREAM);
/** Every field of every message that a server sends. */
export const downstreamTable = (): string => fieldTable(DOWNSTREAM);

function fieldTable(messages: Readonly<Record<string, z.ZodType>>): string {
  const rows = Object.entries(messages).flatMap(([type, schema]) => {
    const { properties = {}, required = [] } = described(schema);
    const fields = Object.entries(properties).filter(([name]) => name !== 'type');
    const told = fields.flatMap(([name, field]) => rowsOf(name, field, required.includes(name)));
    return [[`\`${type}\``, '`type`', `"${type}"`], ...told.map((row) => ['', ...row])];
  });
  return table(['message', 'field', 'form'], rows);
}

function described(schema: z.ZodType): Described {
  // The schemas of messages use no more of JSON Schema than this; `formOf` refuses what has no words.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return z.toJSONSchema(schema, { unrepresentable: 'any' }) as unknown as Described;
}

function rowsOf(name: string, field: Described, isRequired: boolean): readonly (readonly string[])[] {
  const shown = isRequired ? `\`${name}\`` : `*\`${name}\`*`;
  if (field.type !== 'object') return [[shown, formOf(field)]];
  const { properties = {}, required = [] } = field;
  const nested = Object.entries(properties).flatMap(([inner, within]) =>
    rowsOf(`${name}.${inner}`, within, required.includes(inner)),
  );
  return [[shown, 'map'], ...nested];
}

function formOf(field: Described): string {
  const { type, enum: words, items, pattern } = field;
  if (words !== undefined) return words.map((word) => `"${word}"`).join(', ');
  switch (type) {
    case 'string':
      return pattern === undefined ? `string${lengthOf(field)}` : `string, \`${pattern}\``;
    case 'integer':
      return `integer${rangeOf(field)}`;
    case 'number':
      return `number${rangeOf(field)}`;
    case 'boolean':
      return 'boolean';
    case 'array':
      return `list of ${formOf(items ?? {})}`;
    case undefined:
      // What JSON cannot hold: the only such form is bytes.
      return 'binary';
    default:
      throw new TypeError(`There are no words for ${type}.`);
  }
}

function lengthOf({ minLength, maxLength }: Described): string {
  if (maxLength === undefined) return '';
  return minLength === undefined ? `, at most ${maxLength} long` : `, ${minLength} to ${maxLength} long`;
}

function rangeOf({ minimum, maximum, exclusiveMinimum }: Described): string {
  const least = minimum ?? (exclusiveMinimum === undefined ? undefined : exclusiveMinimum + 1);
  const isOpen = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER;
  if (exclusiveMinimum !== undefined && isOpen) return ' above 0';
  if (least === undefined || least <= Number.MIN_SAFE_INTEGER) return '';
  return isOpen ? `, at least ${least}` : `, ${least} to ${maximum}`;
}
