import { describe, expect, it } from 'vitest';
import type { EmbeddingModelId } from '../../models/ids.ts';
import { neededEmbeddings } from '../../server/session/needed-embeddings.ts';

const ALL: readonly EmbeddingModelId[] = ['faceres', 'dlib', 'mobilefacenet'];
const context = (embeddings: readonly EmbeddingModelId[]) => ({ models: { embeddings, pad: [] } });
const reference = (...models: EmbeddingModelId[]) => ({
  referenceId: 'r',
  subject: 's',
  embeddings: Object.fromEntries(models.map((model) => [model, new Float32Array(4)])),
});

describe('the embedding networks that a session asks for', () => {
  it('are only the best one when every reference can be compared by it', () => {
    const references = [reference(...ALL), reference('mobilefacenet')];
    expect(neededEmbeddings({ mode: 'verify', references }, context(ALL))).toEqual(['mobilefacenet']);
  });

  it('are all when a reference lacks it, there is no reference yet, or it is not loaded', () => {
    const old = [reference('faceres', 'dlib'), reference(...ALL)];
    expect(neededEmbeddings({ mode: 'verify', references: old }, context(ALL))).toEqual(ALL);
    expect(neededEmbeddings({ mode: 'verify', references: null }, context(ALL))).toEqual(ALL);
    const base = ['faceres', 'dlib'] as const;
    expect(neededEmbeddings({ mode: 'verify', references: [reference(...ALL)] }, context(base))).toEqual(
      base,
    );
  });

  it('are all when a reference is made or a gallery is searched', () => {
    const references = [reference(...ALL)];
    for (const mode of ['enrol', 'identify'] as const)
      expect(neededEmbeddings({ mode, references }, context(ALL))).toEqual(ALL);
  });
});
