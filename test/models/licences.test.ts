import { describe, expect, it } from 'vitest';
import { MODEL_IDS } from '../../models/ids.ts';
import { MODEL_MANIFEST, modelsWithRestrictions } from '../../models/manifest.ts';

describe('the licences of the weights', () => {
  it('identify the models whose training data may restrict their use', () => {
    expect(modelsWithRestrictions(MODEL_IDS).map(({ id }) => id)).toEqual([
      'faceres',
      'dlib',
      'mobilefacenet',
    ]);
    expect(modelsWithRestrictions(['blazeface', 'minifasnet-v2', 'motion'])).toEqual([]);
  });

  it('state the origin and the training data of every model', () => {
    for (const id of MODEL_IDS) {
      const { spdx, attribution, origin, trainedOn, restrictingData } = MODEL_MANIFEST[id].licence;
      expect([id, spdx, attribution, origin, trainedOn]).not.toContain('');
      for (const name of restrictingData?.match(/[A-Z][\w-]*[A-Z0-9][\w-]*/g) ?? [])
        expect([id, trainedOn]).toEqual([id, expect.stringContaining(name)]);
    }
  });
});
