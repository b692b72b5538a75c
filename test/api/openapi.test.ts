import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { OPERATIONS } from '../../protocol/http/operations.ts';
import { describeOperations } from '../../server/api/openapi.ts';
import { OPERATIONS as SERVED } from '../../server/api/operations.ts';

/** As much of OpenAPI 3.1 as the document uses, and nothing else. */
const schema = z.looseObject({});
const content = z.strictObject({ 'application/json': z.strictObject({ schema }) });
const response = z.strictObject({ description: z.string().min(1), content });
const operation = z.strictObject({
  operationId: z.string().regex(/^[a-z][A-Za-z]+$/),
  summary: z.string().min(1),
  security: z.tuple([z.strictObject({ apiKey: z.tuple([]) })]).optional(),
  parameters: z
    .array(
      z.discriminatedUnion('in', [
        z.strictObject({ name: z.string(), in: z.literal('path'), required: z.literal(true), schema }),
        z.strictObject({ name: z.string(), in: z.literal('query'), required: z.boolean(), schema }),
      ]),
    )
    .min(1)
    .optional(),
  requestBody: z.strictObject({ required: z.literal(true), content }).optional(),
  responses: z.record(z.string().regex(/^[1-5]\d\d$/), response),
});
const document = z.strictObject({
  openapi: z.literal('3.1.0'),
  info: z.strictObject({
    title: z.string(),
    version: z.string(),
    license: z.strictObject({ name: z.string(), identifier: z.string() }),
    description: z.string(),
  }),
  paths: z.record(z.string().startsWith('/'), z.partialRecord(z.enum(['get', 'post', 'delete']), operation)),
  components: z.strictObject({
    securitySchemes: z.strictObject({
      apiKey: z.strictObject({
        type: z.literal('http'),
        scheme: z.literal('bearer'),
        description: z.string(),
      }),
    }),
    schemas: z.record(z.string(), schema),
  }),
});

/** What the server sends. */
const sent: unknown = JSON.parse(JSON.stringify(describeOperations(SERVED, '1.2.3')));

/** Every object in a value, from the outside in. */
function objectsIn(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(objectsIn);
  // What is an object and no array has its own string keys.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Array.isArray(value) ? inner : [value as Record<string, unknown>, ...inner];
}

describe('the OpenAPI document', () => {
  const { paths, components } = document.parse(sent);
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({ path, method, ...described })),
  );

  it('has every operation of the table once, at its path and method', () => {
    expect(
      operations.map(({ operationId, path, method }) => `${operationId} ${method} ${path}`).toSorted(),
    ).toEqual(
      Object.entries(OPERATIONS)
        .map(([id, { path, method }]) => `${id} ${method.toLowerCase()} ${path}`)
        .toSorted(),
    );
  });

  it('describes every placeholder of a path', () => {
    for (const { path, parameters = [] } of operations)
      expect([
        path,
        parameters.filter(({ in: place }) => place === 'path').map(({ name }) => `{${name}}`),
      ]).toEqual([path, path.match(/\{\w+\}/g) ?? []]);
  });

  it('refers only to schemas that it has, and has no schema that nothing refers to', () => {
    const references = objectsIn(sent).flatMap(({ $ref }) => (typeof $ref === 'string' ? [$ref] : []));
    expect([...new Set(references)]).toEqual(
      Object.keys(components.schemas).map((name) => `#/components/schemas/${name}`),
    );
  });

  it('allows a client unknown fields in answers and no others in requests', () => {
    for (const { operationId, requestBody, responses } of operations) {
      const objects = (value: unknown) => objectsIn(value).filter(({ type }) => type === 'object');
      for (const one of objects(requestBody))
        expect([operationId, one['additionalProperties']]).toEqual([operationId, false]);
      for (const one of objects(responses))
        expect([operationId, one['additionalProperties']]).not.toEqual([operationId, false]);
    }
    expect(operations.filter(({ requestBody }) => requestBody !== undefined).length).toBeGreaterThan(0);
  });

  it('has schemas that a reader of JSON Schema understands', () => {
    for (const { parameters = [], requestBody, responses } of operations)
      for (const one of [
        ...parameters.map((parameter) => parameter.schema),
        ...(requestBody === undefined ? [] : [requestBody.content['application/json'].schema]),
        ...Object.values(responses)
          .map((answer) => answer.content['application/json'].schema)
          .filter((given) => !('$ref' in given)),
      ])
        expect(() => z.fromJSONSchema(one)).not.toThrow();
  });
});
