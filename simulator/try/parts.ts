import type { Mode } from '../../protocol/status.ts';
import type { Cast, Presenter, RecordedFrame } from './people.ts';

/** Everybody in the trial is judged by the server's default policy. */
export const TRIAL_POLICY = 'standard';

/** What a step has at hand to put somebody in front of the server. */
export interface Stage {
  readonly cast: Cast;
  /** The pictures of ada's accepted verification. */
  readonly recorded: readonly RecordedFrame[];
  readonly nowMs: number;
}

/** One session of the trial, and how it has to end. */
export interface Step {
  /** For the table at the end. */
  readonly name: string;
  readonly mode: Exclude<Mode, 'identify'>;
  readonly expected: 'accepted' | 'not accepted';
  readonly presenter: (stage: Stage) => Presenter | Promise<Presenter>;
}

/** Steps that belong together, under one heading. */
export interface Part {
  readonly heading: string;
  readonly steps: readonly Step[];
}

/** Verifies as ada, and must not be accepted. */
function attack(name: string, presenter: Step['presenter']): readonly Step[] {
  return [{ name, mode: 'verify', expected: 'not accepted', presenter }];
}

/** The trial, in order: each attack needs ada's reference, and the replay her pictures. */
export const PARTS: readonly Part[] = [
  {
    heading: 'A drawn person, ada, enrols and verifies. She answers what the server asks for.',
    steps: [
      { name: 'ada enrols', mode: 'enrol', expected: 'accepted', presenter: ({ cast }) => cast.ada() },
      { name: 'ada verifies', mode: 'verify', expected: 'accepted', presenter: ({ cast }) => cast.ada() },
    ],
  },
  {
    heading: 'A stranger verifies as ada. The stranger answers as well, with another face.',
    steps: attack('a stranger', ({ cast }) => cast.stranger()),
  },
  {
    heading: 'A replay: the pictures of ada’s accepted verification are sent again.',
    steps: attack('a replay', ({ cast, recorded, nowMs }) => cast.recording(recorded, nowMs)),
  },
  {
    heading: 'A still picture: a photo of ada is held before a camera.',
    steps: attack('a still picture', ({ cast }) => cast.still()),
  },
];
