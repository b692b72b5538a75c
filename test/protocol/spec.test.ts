import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CLOSE } from '../../protocol/close.ts';
import { MESSAGE_OVERHEAD_BYTES } from '../../protocol/codec.ts';
import { DOWNSTREAM } from '../../protocol/downstream.ts';
import { ERRORS } from '../../protocol/errors.ts';
import { DECISION_CAUSES, HINTS, PHASES, SLOWNESSES } from '../../protocol/status.ts';
import { IMAGE_BYTES_CEILING, UPSTREAM } from '../../protocol/upstream.ts';
import { SUBPROTOCOL } from '../../protocol/version.ts';

const spec = readFileSync(new URL('../../protocol/SPEC.md', import.meta.url), 'utf8');

/**
 * What the wire was when this was last looked at. When this fails the wire has changed: a change an existing peer
 * cannot read needs a new SUBPROTOCOL (SPEC R34); any other needs only the new hash.
 */
const PINNED = {
  subprotocol: 'veriframe.v1',
  schemas: 'f2a3127dd11657bd1598df45049e3a077058a39db3b6b1fdddbd78041959a41f',
};

const jsonSchemas = (schemas: Readonly<Record<string, z.ZodType>>) =>
  Object.entries(schemas).map(([type, schema]) => [type, z.toJSONSchema(schema, { unrepresentable: 'any' })]);

describe('protocol/SPEC.md', () => {
  it('R34: the schemas of the wire are the pinned ones', () => {
    const wire = JSON.stringify([jsonSchemas(UPSTREAM), jsonSchemas(DOWNSTREAM), IMAGE_BYTES_CEILING]);
    const schemas = createHash('sha256').update(wire).digest('hex');
    expect({ subprotocol: SUBPROTOCOL, schemas }).toEqual(PINNED);
  });

  it('R31: its table of errors is the one in errors.ts', () => {
    const rows = [...spec.matchAll(/^\| `([a-z._]+)` \| (\S+) \| (\d+) \| (\w+) \| (.*) \|$/gm)].map(
      ([, code, close, http, retry, message]) => [
        code,
        {
          message,
          retry,
          closeCode: close === '–' ? null : Number(close),
          httpStatus: Number(http),
        },
      ],
    );
    expect(Object.fromEntries(rows)).toEqual(ERRORS);
    expect(rows).toHaveLength(Object.keys(ERRORS).length);
  });

  it('close codes are unique, private and never the one for a good end', () => {
    const codes = Object.values(ERRORS)
      .map((entry) => entry.closeCode)
      .filter((code) => code !== null);
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) expect(code).toSatisfy((value: number) => value >= 4000 && value <= 4999);
    expect(spec).toContain(`closes with ${CLOSE.done}`);
  });

  it('numbers its rules without gap or repetition', () => {
    const numbers = [...spec.matchAll(/^- \*\*R(\d+)\*\*/gm)].map((match) => Number(match[1]));
    expect(numbers).toEqual(numbers.map((_, at) => at + 1));
    expect(numbers.length).toBeGreaterThan(30);
  });

  /** One rule, from its number to the next. */
  const rule = (number: string) =>
    spec.split(/^- (?=\*\*R\d)/m).find((text) => text.startsWith(`**${number}**`));

  it('names the subprotocol, the overhead and the phases that the code has', () => {
    expect(spec).toContain(`\`${SUBPROTOCOL}\``);
    expect(spec).toContain(`plus ${MESSAGE_OVERHEAD_BYTES} bytes`);
    for (const cause of SLOWNESSES) {
      expect(rule('R46')).toContain(`\`${cause}\``);
      expect(HINTS).toContain(`${cause}-slow`);
      expect(rule('R45')).toContain(`\`${cause}-slow\``);
    }
    for (const cause of ['possession', 'capture'] as const) {
      expect(DECISION_CAUSES).toContain(cause);
      expect(rule('R56')).toContain(`\`${cause}\``);
    }
    expect(spec.replaceAll(/\s+/g, ' ')).toContain(PHASES.map((phase) => `\`${phase}\``).join(', '));
  });

  it('lists every field of every message, those that are required apart from those that may be left out', () => {
    const [, section = ''] = spec.split('## 16. Fields');
    const messages: Readonly<Record<string, z.ZodType>> = { ...UPSTREAM, ...DOWNSTREAM };
    const missing = Object.entries(messages).flatMap(([type, schema]) => {
      const [, rows = ''] = section.split(`| \`${type}\` | \`type\` |`);
      const [own = ''] = rows.split(/^\| `/m);
      return fieldsOf(schema)
        .filter(
          ({ name, isRequired }) => !own.includes(isRequired ? `|  | \`${name}\` |` : `|  | *\`${name}\`* |`),
        )
        .map(({ name }) => `${type}.${name}`);
    });
    expect(missing).toEqual([]);
    expect(fieldsOf(UPSTREAM.frame).map(({ name }) => name)).toContain('depth.width');
  });
});

interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
}

/** Fields of a message but its type, those of nested maps with a dot. */
function fieldsOf(schema: z.ZodType): readonly { readonly name: string; readonly isRequired: boolean }[] {
  const walk = (prefix: string, { properties = {}, required = [] }: Shape): ReturnType<typeof fieldsOf> =>
    Object.entries(properties).flatMap(([name, inner]) => [
      { name: `${prefix}${name}`, isRequired: required.includes(name) },
      ...walk(`${prefix}${name}.`, inner),
    ]);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as much of a JSON Schema as is used here
  return walk('', z.toJSONSchema(schema, { unrepresentable: 'any' }) as unknown as Shape).filter(
    ({ name }) => name !== 'type',
  );
}
