import { describe, expect, it } from 'vitest';
import { RestTextures } from '../../server/sessions/rest-textures.ts';
import type { FrameAnalysis } from '../../server/vision/analysis.ts';
import type { RestTexture } from '../../server/vision/relief/meter.ts';
import { analysisOf, seeded } from '../support/analysis-builder.ts';

const PLAIN = { embeddings: false, pad: false, countFaces: false };

function textureOf(value: number): RestTexture {
  return {
    texels: Uint8Array.of(value),
    places: new Float32Array(2),
    surround: new Uint8Array(1),
    between: { x: 0, y: 0 },
    eyeDistance: 60,
    box: { x: 0, y: 0, width: 1, height: 1 },
    pose: { yawDeg: 0, pitchDeg: 0, rollDeg: 0 },
  };
}

/** As a worker answers that was asked for a texture. */
function withTexture(texture: RestTexture): FrameAnalysis {
  const analysis = analysisOf({}, PLAIN, { embeddings: [], pad: [] }, seeded(1));
  if (!analysis.face.found) throw new Error('There is no face.');
  return { ...analysis, face: { found: true, value: { ...analysis.face.value, texture } } };
}

describe('textures of a session', () => {
  it('are taken out of the analysis, which only says that there is one', () => {
    const textures = new RestTextures();
    const { face } = textures.take(3, withTexture(textureOf(7)));
    expect(face.found && face.value.textured).toBe(true);
    expect(face.found && 'texture' in face.value).toBe(false);
    expect(textures.keepOnly([3])).toMatchObject([{ texels: Uint8Array.of(7) }]);
  });

  it('are dropped as soon as the session names them no more, and all of them at its end', () => {
    const textures = new RestTextures();
    for (const seq of [1, 2, 3]) textures.take(seq, withTexture(textureOf(seq)));
    expect(textures.keepOnly([3, 1]).map(({ texels }) => texels[0])).toEqual([1, 3]);
    expect(textures.keepOnly([2])).toEqual([]);
    textures.take(4, withTexture(textureOf(4)));
    textures.clear();
    expect(textures.keepOnly([4])).toEqual([]);
  });
});
