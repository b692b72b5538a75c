import { answering, bankKind, enrolmentOf, referenceOf } from './bank-kind.ts';
import { BANK_FRAMES_PER_SECOND } from './bank.ts';
import { durationMs, type Footage } from './footage.ts';
import { flatRecipe, type FlatKind, PEOPLE, type Person, videoOnDisplay } from './materials.ts';
import { freshly, recordingOf, RecordingPresenter } from './presenters.ts';
import type { SessionKind, Stage } from './session-kinds.ts';

const flats = (kind: FlatKind, people: readonly Person[]) =>
  people.map((person) => ({ person, recipe: flatRecipe(kind, person) }));

/** Flat presentation attack instruments: prints and displays held before the camera. */
export const FLAT_KINDS: readonly SessionKind[] = [
  bankKind(
    { id: 'print-still', label: 'print held still', attackClass: 'presentation' },
    flats('print held still', PEOPLE),
    answering,
  ),
  bankKind(
    { id: 'print-waved', label: 'print waved and turned as asked', attackClass: 'presentation' },
    flats('print waved', PEOPLE.slice(0, 2)),
    answering,
  ),
  bankKind(
    { id: 'print-bent', label: 'print bent and turned as asked', attackClass: 'presentation' },
    flats('print bent', PEOPLE.slice(0, 2)),
    answering,
  ),
  bankKind(
    {
      id: 'print-cut',
      label: 'print with holes, a living face behind it, turned as asked',
      attackClass: 'presentation',
    },
    flats('print cut', PEOPLE.slice(0, 2)),
    answering,
  ),
  bankKind(
    { id: 'screen-still', label: 'still on a screen', attackClass: 'presentation' },
    flats('screen still', PEOPLE),
    answering,
  ),
  bankKind(
    { id: 'phone-still', label: 'still on a phone', attackClass: 'presentation' },
    flats('phone still', PEOPLE),
    answering,
  ),
  ...(['screen', 'phone'] as const).map((display) => videoKind(display)),
  bankKind(
    { id: 'screen-answering', label: 'videos on a screen, picked as asked', attackClass: 'presentation' },
    flats('screen answering', PEOPLE.slice(0, 1)),
    answering,
  ),
];

function videoKind(display: 'screen' | 'phone'): SessionKind {
  const people = PEOPLE.slice(0, 2);
  const sources = people.map((person) => videoOnDisplay(person, display));
  return {
    id: `${display}-video`,
    label: `video with blinks and turns on a ${display}`,
    role: 'attack',
    attackClass: 'presentation',
    origin: 'simulated',
    unasked: false,
    people: people.length,
    sources: [...people.flatMap(enrolmentOf), ...sources],
    prepare: async (stage) => (random, index) => {
      const which = index % people.length;
      const footage = found(stage, sources[which].id);
      const frames = recordingOf(footage);
      const presenter = freshly(new RecordingPresenter(frames, { offsetMs: random() * durationMs(footage) }));
      const references = [referenceOf(people[which], stage)];
      return { presenter, references, framesPerSecond: BANK_FRAMES_PER_SECOND, recording: footage.id };
    },
  };
}

function found({ footages }: Stage, id: string): Footage {
  const footage = footages.get(id);
  if (footage === undefined) throw new Error(`${id} was not analysed.`);
  return footage;
}
