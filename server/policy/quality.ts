/** What a frame must be like to be usable, and to be good enough for a probe. */
export interface QualityPolicy {
  readonly minPresence: number;
  readonly minInterEyePx: number;
  /** The widest face, as a share of the frame's width. */
  readonly maxWidthShare: number;
  readonly minInsideShare: number;
  readonly minBrightness: number;
  readonly maxBrightness: number;
  readonly maxClippedShare: number;
  readonly minSharpness: number;
  readonly maxOcclusion: number;
  /** How far the face of a probe may be turned away from the camera axis. */
  readonly maxYawDeg: number;
  readonly maxPitchDeg: number;
  readonly maxRollDeg: number;
  /** A face that is tilted more lies in a picture on its side. */
  readonly maxHeldRollDeg: number;
  /** A face with less colour is a grey or infrared camera's. */
  readonly minColourSpread: number;
}

/**
 * Presence: above .99 on 61 photographs; at most .002 at the 99th percentile of 150 crops that show no face.
 * Distance between the eyes: 35 px in the template of the embedding networks; below 28 px a face would be enlarged by
 * more than a quarter. Clipping: webcam faces with 47 % of their pixels clipped to white score like any other (NUAA).
 * Sharpness and occlusion: of 35 photographs of LFW and NUAA, each in five kinds of light and distance, 2 % have a
 * sharpness below 19, and 2 % an occlusion above .35. Out of focus by 6 px at 85 px between the eyes, 2 % have a
 * sharpness above 11. Roll: of the faces found in 166 pictures of LFW turned by 90° and by 270°, 95 % have a roll
 * beyond 72°; of the upright ones none has one beyond 55°. Colour: the spread is above .058 in the colour pictures
 * among 320 of eight groups and 32 of NUAA, 0 in grey ones, and up to .03 in a slight tint. The other values are
 * starting values.
 */
export const quality: QualityPolicy = {
  minPresence: 0.5,
  minInterEyePx: 28,
  maxWidthShare: 0.85,
  minInsideShare: 0.95,
  minBrightness: 40,
  maxBrightness: 240,
  maxClippedShare: 0.6,
  minSharpness: 13,
  maxOcclusion: 0.6,
  maxYawDeg: 18,
  maxPitchDeg: 28,
  maxRollDeg: 25,
  maxHeldRollDeg: 60,
  minColourSpread: 0.03,
};

/** What ends positioning: good frames in a row that are still enough for a neutral pose. */
export interface PositioningPolicy {
  readonly goodFrames: number;
  readonly withinMs: number;
  readonly spanMs: number;
  /** The largest difference of yaw, and of pitch, among these frames. */
  readonly maxSpreadDeg: number;
  readonly probes: number;
}

/** Starting values: about half a second of a face at rest. */
export const positioning: PositioningPolicy = {
  goodFrames: 5,
  withinMs: 1_500,
  spanMs: 400,
  maxSpreadDeg: 10,
  probes: 2,
};
