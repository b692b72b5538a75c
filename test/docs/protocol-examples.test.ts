import { describe, expect, it } from 'vitest';
import { DOWNSTREAM } from '../../protocol/downstream.ts';
import { UPSTREAM } from '../../protocol/upstream.ts';
import { fencedBlocks } from './support/documents.ts';

const SCHEMAS = { ...UPSTREAM, ...DOWNSTREAM };

/** The messages that the page shows as JSON, with bytes where it writes `<bytes>`. */
const messages = fencedBlocks('docs/protocol.md')
  .filter(({ language }) => language === 'json')
  .map(({ content }): { readonly type: string } =>
    JSON.parse(content, (_key, value: unknown) => (value === '<bytes>' ? Uint8Array.of(0xff, 0xd8) : value)),
  );

describe('the messages that docs/protocol.md shows', () => {
  it.each(Object.entries(SCHEMAS))('%s: each is valid, and has no field too many', (type, schema) => {
    const shown = messages.filter((message) => message.type === type);
    expect(shown.length).toBeGreaterThan(0);
    expect(shown.map((message) => schema.parse(message))).toEqual(shown);
  });

  it('are all of a type that there is', () => {
    expect(messages.filter(({ type }) => !Object.hasOwn(SCHEMAS, type))).toEqual([]);
  });
});
