import { z } from 'zod';
import { MODES } from '../status.ts';
import { modelTier } from './fields.ts';
import { type OperationDescription, PUBLIC } from './operation.ts';

const model = z.object({
  id: z.string(),
  licence: z.string().describe('SPDX identifier of the licence of the weights.'),
  attribution: z.string(),
  trainedOn: z.string().describe('Data that the weights were trained on, as far as their authors say.'),
});

export const getSystem = {
  ...PUBLIC,
  method: 'GET',
  path: '/v1/system',
  summary: 'What this server is and what it decides with.',
  answers: {
    200: z.object({
      name: z.literal('veriframe'),
      version: z.string(),
      protocol: z.string(),
      socketPath: z.string(),
      tier: modelTier,
      models: z.array(model),
      transport: z.object({ name: z.string(), why: z.string() }),
      policies: z.array(z.object({ name: z.string(), modes: z.array(z.enum(MODES)) })),
    }),
  },
  errors: ['api.invalid'],
} as const satisfies OperationDescription;

export const getHealth = {
  ...PUBLIC,
  method: 'GET',
  path: '/healthz',
  summary: 'Whether the process answers.',
  // Health checks add parameters that mean nothing, against caches.
  query: z.looseObject({}),
  answers: { 200: z.object({ status: z.literal('live') }) },
  errors: [],
} as const satisfies OperationDescription;

export const getReadiness = {
  ...PUBLIC,
  method: 'GET',
  path: '/readyz',
  summary:
    'Whether new sessions should be sent here: workers are up, the store answers and has room, a place is free.',
  query: z.looseObject({}),
  answers: { 200: z.object({ status: z.literal('ready') }) },
  errors: ['server.draining', 'server.not_ready', 'server.busy'],
} as const satisfies OperationDescription;

export const getKeys = {
  ...PUBLIC,
  method: 'GET',
  path: '/.well-known/jwks.json',
  summary: 'Public keys that decision tokens are checked with (RFC 7517).',
  answers: { 200: z.object({ keys: z.array(z.looseObject({ kty: z.string().optional() })) }) },
  errors: ['api.invalid'],
  cacheSeconds: 300,
} as const satisfies OperationDescription;

export const getOpenApi = {
  ...PUBLIC,
  method: 'GET',
  path: '/v1/openapi.json',
  summary: 'This description (OpenAPI 3.1).',
  answers: { 200: z.looseObject({ openapi: z.string() }) },
  errors: ['api.invalid'],
} as const satisfies OperationDescription;
