import type { EmbeddingModelId } from '../../models/ids.ts';
import type { NewDecision, NewReference } from '../../server/store/ports.ts';
import type { Embeddings } from '../../server/vision/analysis.ts';
import { normalise } from '../../server/vision/embed.ts';
import { normalDraw, seededDraws } from '../../simulator/seeded.ts';

const DIMENSIONS: Readonly<Record<EmbeddingModelId, number>> = {
  faceres: 1024,
  dlib: 128,
  mobilefacenet: 128,
};

export function randomEmbeddings(
  seed: number,
  models: readonly EmbeddingModelId[] = ['faceres', 'dlib'],
): Embeddings {
  const draw = seededDraws(seed);
  return Object.fromEntries(
    models.map((model) => [
      model,
      normalise(Float32Array.from({ length: DIMENSIONS[model] }, () => normalDraw(draw))),
    ]),
  );
}

export function newReference(changes: Partial<NewReference> & { readonly seed?: number } = {}): NewReference {
  const { seed = 1, ...given } = changes;
  return {
    tenant: 'door',
    subject: 'anna',
    embeddings: randomEmbeddings(seed),
    createdAtMs: 1_700_000_000_000 + seed,
    ...given,
  };
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** A verification that ended with a reject. */
export function newDecision(
  sessionId: string,
  changes: Partial<Omit<NewDecision, 'outcome'>> = {},
): NewDecision {
  return {
    sessionId,
    tenant: 'door',
    subject: null,
    mode: 'verify',
    outcome: 'reject',
    observed: false,
    policy: 'standard',
    reasons: [],
    assurance: { tier: 'base', measured: [], unmeasured: [], challengesPassed: 0 },
    startedAtMs: 1,
    decidedAtMs: 2,
    ...changes,
  };
}
