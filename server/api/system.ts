import type { ModelId } from '../../models/ids.ts';
import { MODEL_MANIFEST } from '../../models/manifest.ts';
import type { AnswerOf } from '../../protocol/http/operations.ts';
import { STREAM_PATH } from '../../protocol/http/paths.ts';
import { MODES } from '../../protocol/status.ts';
import { SUBPROTOCOL } from '../../protocol/version.ts';
import { publicOperation } from './operation.ts';

export const getSystem = publicOperation(
  'getSystem',
  ({ system: { version, tier, models, transport }, policies }) => ({
    name: 'veriframe' as const,
    version,
    protocol: SUBPROTOCOL,
    socketPath: STREAM_PATH,
    tier,
    models: models.map(describeModel),
    transport: { name: transport.name, why: transport.why },
    policies: policies
      .names()
      .map((name) => ({ name, modes: MODES.filter((mode) => policies.serves(name, mode)) })),
  }),
);

function describeModel(id: ModelId): AnswerOf<'getSystem'>['models'][number] {
  const { spdx, attribution, trainedOn } = MODEL_MANIFEST[id].licence;
  return { id, licence: spdx, attribution, trainedOn };
}

export const getHealth = publicOperation('getHealth', () => ({ status: 'live' as const }));

export const getReadiness = publicOperation('getReadiness', async (context) => {
  const fault = await context.health();
  if (fault !== null) throw fault;
  return { status: 'ready' as const };
});

export const getKeys = publicOperation('getKeys', ({ jwks }) => ({
  keys: jwks.keys.map((key) => ({ ...key })),
}));
