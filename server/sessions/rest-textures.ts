import type { FrameAnalysis } from '../vision/analysis.ts';
import type { RestTexture } from '../vision/relief/meter.ts';

/**
 * The textures of one session's face at rest, by the number of their frame. A person can be recognised in them, so they
 * are treated as frames are: in memory only, no more than are needed, and none after the session. The session's state
 * knows their numbers, never what is in them.
 */
export class RestTextures {
  readonly #bySeq = new Map<number, RestTexture>();

  /** Takes the texture, if there is one, out of a frame's analysis and keeps it. Returns the analysis without it. */
  take(seq: number, analysis: FrameAnalysis): FrameAnalysis {
    if (!analysis.face.found || analysis.face.value.texture === undefined) return analysis;
    const { texture, ...value } = analysis.face.value;
    this.#bySeq.set(seq, texture);
    return { ...analysis, face: { found: true, value: { ...value, textured: true } } };
  }

  /** Drops all but these. Returns those that are left. */
  keepOnly(seqs: readonly number[]): readonly RestTexture[] {
    for (const seq of this.#bySeq.keys()) if (!seqs.includes(seq)) this.#bySeq.delete(seq);
    return [...this.#bySeq.values()];
  }

  clear(): void {
    this.#bySeq.clear();
  }
}
