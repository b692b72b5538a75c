/** When the depth that a device sends with its pictures is that of a face. */
export interface DepthPolicy {
  /** Share of the face's landmarks that must have a depth. */
  readonly minCoverage: number;
  /** Below this correlation between the relief of depth and mesh, the depth is not the face's. */
  readonly minAgreement: number;
  /** The fields of view that cameras have. */
  readonly minFieldOfViewDeg: number;
  readonly maxFieldOfViewDeg: number;
  readonly minFrames: number;
  /** This many of the newest frames count. */
  readonly maxFrames: number;
  /** The log-likelihood ratio is `slope` × (score − `neutral`), within `minLlr` and `maxLlr`. */
  readonly neutral: number;
  readonly slope: number;
  readonly minLlr: number;
  readonly maxLlr: number;
  /** A lower score rejects by itself. */
  readonly rejectBar: number;
}

/**
 * Relief as a share of a face's. The depth was computed from the meshes of 18 people, with noise of 1 to 6 mm, because
 * there are no recordings with depth (`npm run bench:cues`): .63 to .95 for people under another person's mesh; −.10 to
 * .09 for planes, cylinders of 120 mm, and paper folded along the nose. A client may write any values in place of a
 * sensor's, so depth speaks little in favour.
 */
export const depth: DepthPolicy = {
  minCoverage: 0.6,
  minAgreement: 0.4,
  minFieldOfViewDeg: 30,
  maxFieldOfViewDeg: 110,
  minFrames: 5,
  maxFrames: 200,
  neutral: 0.24,
  slope: 10,
  minLlr: -4,
  maxLlr: 1,
  rejectBar: 0.2,
};
