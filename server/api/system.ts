import { z } from 'zod';
import { MODEL_IDS } from '../../models/ids.ts';
import { VeriframeError } from '../../protocol/errors.ts';
import { MODES } from '../../protocol/status.ts';
import { SUBPROTOCOL } from '../../protocol/version.ts';
import { publicOperation } from './operation.ts';
import { STREAM_PATH } from './paths.ts';

export const getSystem = publicOperation({
  id: 'getSystem',
  method: 'GET',
  path: '/v1/system',
  summary: 'What this server is and what it decides with.',
  result: z.object({
    name: z.literal('veriframe'),
    version: z.string(),
    protocol: z.string(),
    socketPath: z.string(),
    tier: z.enum(['base', 'full']).describe('full when the optional match and PAD models are loaded.'),
    models: z.array(z.object({ id: z.enum(MODEL_IDS), licence: z.string() })),
    transport: z.object({ name: z.enum(['uws', 'ws']), why: z.string() }),
    policies: z.array(z.object({ name: z.string(), modes: z.array(z.enum(MODES)) })),
  }),
  run: ({ system: { version, tier, models, transport }, policies }) => ({
    name: 'veriframe' as const,
    version,
    protocol: SUBPROTOCOL,
    socketPath: STREAM_PATH,
    tier,
    models: models.map(({ id, licence }) => ({ id, licence })),
    transport: { name: transport.name, why: transport.why },
    policies: policies
      .names()
      .map((name) => ({ name, modes: MODES.filter((mode) => policies.serves(name, mode)) })),
  }),
});

export const getHealth = publicOperation({
  id: 'getHealth',
  method: 'GET',
  path: '/healthz',
  summary: 'Whether the process answers.',
  result: z.object({ status: z.literal('live') }),
  run: () => ({ status: 'live' as const }),
});

export const getReadiness = publicOperation({
  id: 'getReadiness',
  method: 'GET',
  path: '/readyz',
  summary: 'Whether new sessions should be sent here.',
  result: z.object({ status: z.literal('ready') }),
  errors: ['server.draining'],
  run(context) {
    if (context.readiness() === 'ready') return { status: 'ready' as const };
    throw new VeriframeError('server.draining');
  },
});

export const getKeys = publicOperation({
  id: 'getKeys',
  method: 'GET',
  path: '/.well-known/jwks.json',
  summary: 'Public keys that decision tokens are checked with (RFC 7517).',
  result: z.object({ keys: z.array(z.looseObject({ kty: z.string().optional() })) }),
  cacheSeconds: 300,
  run: ({ jwks }) => ({ keys: jwks.keys.map((key) => ({ ...key })) }),
});
