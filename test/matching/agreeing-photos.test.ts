import { describe, expect, it } from 'vitest';
import { agreeingPhotos, isSameFace } from '../../server/matching/agreeing-photos.ts';
import { thresholdAt } from '../../server/matching/score-scales.ts';
import type { Embeddings } from '../../server/vision/analysis.ts';

/** A face whose MobileFaceNet cosine with `faceAt(0)` is that of the angle; on `axis` instead of the plane of most. */
function faceAt(angleDeg: number, axis = 1): Embeddings {
  const mobilefacenet = new Float32Array(192);
  mobilefacenet[0] = Math.cos((angleDeg * Math.PI) / 180);
  mobilefacenet[axis] = Math.sin((angleDeg * Math.PI) / 180);
  return { mobilefacenet };
}
const agreeDeg = (Math.acos(thresholdAt('mobilefacenet', 1e-2)) * 180) / Math.PI;

describe('photographs of one subject', () => {
  it('make the mean of those that show one face, of unit length', () => {
    const { embeddings, agrees } = agreeingPhotos([faceAt(-20), faceAt(20)], 1e-2);
    expect(agrees).toEqual([true, true]);
    expect(embeddings.mobilefacenet?.[0]).toBeCloseTo(1, 6);
    expect(Math.hypot(...(embeddings.mobilefacenet ?? []))).toBeCloseTo(1, 6);
  });

  it('leave out a stranger among them, wherever it stands', () => {
    const stranger = faceAt(90, 2);
    for (const at of [0, 1, 3]) {
      const photographs = [faceAt(0), faceAt(10), faceAt(-10)].toSpliced(at, 0, stranger);
      const { agrees, embeddings } = agreeingPhotos(photographs, 1e-2);
      expect(agrees).toEqual(photographs.map((one) => one !== stranger));
      expect(embeddings.mobilefacenet?.[2]).toBe(0);
    }
  });

  it('take the first of two that do not agree, and one alone', () => {
    expect(agreeingPhotos([faceAt(0), faceAt(agreeDeg + 1)], 1e-2).agrees).toEqual([true, false]);
    expect(agreeingPhotos([faceAt(0), faceAt(agreeDeg - 1)], 1e-2).agrees).toEqual([true, true]);
    expect(agreeingPhotos([faceAt(0)], 1e-2).agrees).toEqual([true]);
  });

  it('do not become one chain of look-alikes: each agrees with the middle one', () => {
    const steps = [0, 1, 2, 3, 4].map((step) => faceAt(step * (agreeDeg - 5)));
    const { agrees } = agreeingPhotos(steps, 1e-2);
    expect(agrees.filter(Boolean).length).toBeLessThanOrEqual(3);
  });
});

describe('a face that is another subject’s', () => {
  it('is held to a bar of its own by the strong network, and to another by all others', () => {
    const bar = { strong: 1e-5, weak: 1e-4 } as const;
    const at = (method: 'mobilefacenet' | 'dlib', score: number): Embeddings => {
      const vector = new Float32Array(128);
      vector[0] = score;
      vector[1] = Math.sqrt(1 - score ** 2);
      return { [method]: vector };
    };
    for (const [method, fmr] of [
      ['mobilefacenet', 1e-5],
      ['dlib', 1e-4],
    ] as const) {
      const threshold = thresholdAt(method, fmr);
      expect([method, isSameFace(at(method, 1), at(method, threshold + 0.001), bar)]).toEqual([method, true]);
      expect([method, isSameFace(at(method, 1), at(method, threshold - 0.001), bar)]).toEqual([
        method,
        false,
      ]);
    }
    expect(isSameFace(at('mobilefacenet', 1), at('dlib', 1), bar)).toBe(false);
  });
});
