/** What a run of frames can show of who is there and whether they live; a policy names those that it asks for and weighs. */
export const CUES = [
  'match',
  'challenge',
  'blink',
  'passive-pad',
  'motion',
  'continuity',
  'injection',
  'planarity',
  'depth',
  'flash',
  'quality',
] as const;
export type Cue = (typeof CUES)[number];
