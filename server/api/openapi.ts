import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../../protocol/errors.ts';
import { errorBody } from '../../protocol/http/fields.ts';
import type { Operation } from './operation.ts';

/** An OpenAPI 3.1 document, generated from the schemas of `protocol/http`. */
export function describeOperations(
  operations: readonly Operation[],
  version: string,
): { openapi: string; [member: string]: unknown } {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
    const path = (paths[operation.path] ??= {});
    path[operation.method.toLowerCase()] = describe(operation);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'veriframe',
      version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description: 'Sessions are created here and run over the WebSocket that protocol/SPEC.md describes.',
    },
    paths,
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key, vf_<id>_<secret>.' },
      },
      schemas: { Error: jsonSchema(errorBody, 'output') },
    },
  };
}

function describe(operation: Operation): Record<string, unknown> {
  const { id, summary, access, right, params, query, body, status, result } = operation;
  const described = (shape: z.ZodObject['shape'], place: 'path' | 'query') =>
    Object.entries(shape).map(([name, schema]) => {
      const { properties, required = [] } = z.toJSONSchema(z.object({ value: schema }), { io: 'input' });
      return {
        name,
        in: place,
        required: required.includes('value'),
        schema: properties?.['value'] ?? {},
      };
    });
  const parameters = [...described(params.shape, 'path'), ...described(query.shape, 'query')];
  return {
    operationId: id,
    summary: right === null ? summary : `${summary} Needs an API key with the right \`mayObserve\`.`,
    ...(access === 'key' ? { security: [{ apiKey: [] }] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === null
      ? {}
      : { requestBody: { required: true, content: jsonContent(jsonSchema(body, 'input')) } }),
    responses: {
      [status]: { description: 'Done.', content: jsonContent(jsonSchema(result, 'output')) },
      ...errorResponses([...operation.errors, 'server.internal']),
    },
  };
}

function errorResponses(codes: readonly ErrorCode[]): Record<string, unknown> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { httpStatus } = ERRORS[code];
    byStatus.set(httpStatus, [...(byStatus.get(httpStatus) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [
      status,
      {
        description: list.map((code) => `${code}: ${ERRORS[code].message}`).join(' '),
        content: jsonContent({ $ref: '#/components/schemas/Error' }),
      },
    ]),
  );
}

function jsonContent(schema: object): object {
  return { 'application/json': { schema } };
}

/**
 * The schema without `$schema`, because OpenAPI 3.1 fixes the dialect for the whole document. An answer may have fields
 * that the schema does not name: a later server may add them.
 */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    io,
    override: ({ jsonSchema: described }) => {
      if (io === 'output' && described.additionalProperties === false) delete described.additionalProperties;
    },
  });
  return rest;
}
