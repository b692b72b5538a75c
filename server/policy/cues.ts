/**
 * The names of the cues: what a run of frames can show about who is in front of the camera, and whether that person is
 * alive. A policy names the cues that it requires and the cues that it weighs. `decision/cue-table.ts` has one row for
 * each name.
 */
export const CUES = [
  'match',
  'challenge',
  'blink',
  'passive-pad',
  'motion',
  'continuity',
  'injection',
  'depth-parallax',
  'relief',
  'depth',
  'flash',
  'quality',
] as const;
export type Cue = (typeof CUES)[number];
