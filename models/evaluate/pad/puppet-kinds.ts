import type { ChallengeKind } from '../../../protocol/status.ts';
import { CHALLENGE_KINDS } from '../../../protocol/status.ts';
import { seededRandom } from '../seeded-random.ts';
import { BANK_FRAMES_PER_SECOND, type Bank, bankOf, type BankRecipe, bankSources } from './bank.ts';
import { durationMs, type Footage } from './footage.ts';
import {
  coupleRecipe,
  enrolmentRecipe,
  flatRecipe,
  type FlatKind,
  headRecipe,
  noiselessRecipe,
  PEOPLE,
  type Person,
  reencodedSources,
  videoOnDisplay,
} from './materials.ts';
import {
  type Answer,
  BankPresenter,
  freshly,
  humanAnswer,
  recordingOf,
  RecordingPresenter,
  switchAt,
} from './presenters.ts';
import { recordAccepted, type RecordedSession } from './recorded-session.ts';
import type { Presenter } from './session-player.ts';
import { referenceFrom, type Presented, type SessionKind, type Stage } from './session-kinds.ts';
import * as streams from './stream-attacks.ts';

type Random = () => number;

const enrolmentOf = (person: Person) => bankSources(enrolmentRecipe(person));

function referenceOf(person: Person, { footages }: Stage) {
  const { rest } = bankOf(enrolmentRecipe(person), footages);
  const reference = referenceFrom(rest.frames, person.name);
  if (reference === null) throw new Error(`${person.name} cannot be enrolled.`);
  return reference;
}

type KindHead = Pick<SessionKind, 'id' | 'label'> & Partial<Pick<SessionKind, 'role' | 'origin'>>;

/** A kind whose every presentation is of one person's bank. */
function bankKind(
  head: KindHead,
  recipes: readonly { readonly person: Person; readonly recipe: BankRecipe }[],
  present: (bank: Bank, random: Random, stage: Stage) => Presenter,
): SessionKind {
  return {
    role: 'attack',
    origin: 'simulated',
    ...head,
    unasked: false,
    people: new Set(recipes.map(({ person }) => person)).size,
    sources: recipes.flatMap(({ person, recipe }) => [...enrolmentOf(person), ...bankSources(recipe)]),
    prepare: async (stage) => {
      const ready = recipes.map(({ person, recipe }) => ({
        bank: bankOf(recipe, stage.footages),
        references: [referenceOf(person, stage)],
        recording: recipe.id,
      }));
      return (random, index) => {
        const { bank, references, recording } = ready[index % ready.length];
        const presenter = present(bank, random, stage);
        return { presenter, references, framesPerSecond: BANK_FRAMES_PER_SECOND, recording };
      };
    },
  };
}

const heads = PEOPLE.map((person) => ({ person, recipe: headRecipe(person) }));
const flats = (kind: FlatKind, people: readonly Person[]) =>
  people.map((person) => ({ person, recipe: flatRecipe(kind, person) }));

const answering = (bank: Bank, random: Random) =>
  new BankPresenter({ bank, random, answer: humanAnswer(random), smooth: true });
const puppetThatAnswers =
  (answerOf: (random: Random, stage: Stage) => Answer) => (bank: Bank, random: Random, stage: Stage) =>
    new BankPresenter({ bank, random, answer: answerOf(random, stage), smooth: true });

const others = (kind: ChallengeKind, { policy }: Stage) =>
  (policy.challenges?.pool ?? CHALLENGE_KINDS).filter((other) => other !== kind);
const oneOf = <Item>(items: readonly Item[], random: Random): Item | undefined =>
  items[Math.floor(random() * items.length)];

/** The answering puppet: the stand-in for a bona fide subject, and for an attacker who renders one in real time. */
const puppet = bankKind(
  { id: 'puppet', label: 'answering puppet, rendered in real time', role: 'puppet', origin: 'puppet' },
  heads,
  answering,
);

const printsAndScreens: readonly SessionKind[] = [
  bankKind({ id: 'print-still', label: 'print held still' }, flats('print held still', PEOPLE), answering),
  bankKind(
    { id: 'print-waved', label: 'print waved and turned as asked' },
    flats('print waved', PEOPLE.slice(0, 2)),
    answering,
  ),
  bankKind(
    { id: 'print-bent', label: 'print bent and turned as asked' },
    flats('print bent', PEOPLE.slice(0, 2)),
    answering,
  ),
  bankKind(
    { id: 'print-cut', label: 'print with holes, a living face behind it, turned as asked' },
    flats('print cut', PEOPLE.slice(0, 2)),
    answering,
  ),
  bankKind({ id: 'screen-still', label: 'still on a screen' }, flats('screen still', PEOPLE), answering),
  bankKind({ id: 'phone-still', label: 'still on a phone' }, flats('phone still', PEOPLE), answering),
  ...(['screen', 'phone'] as const).map((display) => videoKind(display)),
  bankKind(
    { id: 'screen-answering', label: 'videos on a screen, picked as asked' },
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

/** Attacks that begin with the recorded stream of a session that was accepted. */
function streamKind(
  id: string,
  label: string,
  attack: (session: RecordedSession, random: Random, stage: Stage) => Presenter,
  reencode = false,
): SessionKind {
  const people = reencode ? PEOPLE.slice(0, 1) : PEOPLE;
  const banks = people.map((person) => {
    const original = headRecipe(person);
    return reencode
      ? { person, ...reencodedSources(original) }
      : { person, recipe: original, sources: bankSources(original) };
  });
  return {
    id,
    label,
    role: 'attack',
    origin: 'puppet',
    unasked: false,
    people: people.length,
    sources: banks.flatMap(({ person, sources }) => [...enrolmentOf(person), ...sources]),
    prepare: async (stage) => {
      const recorded: Thief[] = [];
      for (const [which, { person, recipe }] of banks.entries()) {
        const bank = bankOf(recipe, stage.footages);
        const references = [referenceOf(person, stage)];
        const random = seededRandom(7_001 + which);
        const sessions = await recordAccepted(bank, references, stage, random, SESSIONS_RECORDED);
        for (const [i, session] of sessions.entries()) {
          recorded.push({ session, references, recording: `${recipe.id} session ${i}` });
        }
      }
      if (recorded.length === 0) return null;
      return (random, index): Presented => {
        const { session, references, recording } = recorded[index % recorded.length];
        const presenter = attack(session, random, stage);
        const shownBefore = reencode ? [] : session.frames.map(({ frame }) => frame.pixelDigest);
        return { presenter, references, shownBefore, framesPerSecond: BANK_FRAMES_PER_SECOND, recording };
      };
    },
  };
}

interface Thief {
  readonly session: RecordedSession;
  readonly references: Presented['references'];
  readonly recording: string;
}

/** Accepted sessions recorded of each person. */
const SESSIONS_RECORDED = 5;

const recordedStreams: readonly SessionKind[] = [
  streamKind(
    'replay-exact',
    'accepted stream, byte for byte',
    ({ frames }) => new RecordingPresenter(frames),
  ),
  streamKind(
    'replay-reencoded',
    'accepted stream, cropped and compressed anew',
    ({ frames }) => new RecordingPresenter(frames),
    true,
  ),
  streamKind('replay-stretched', 'accepted stream, faster or slower, compressed anew', (session, random) =>
    freshly(streams.stretched(session, random)),
  ),
  streamKind('replay-spliced', 'accepted stream, cut together as asked, compressed anew', (session, random) =>
    freshly(streams.spliced(session, random)),
  ),
  streamKind('replay-reordered', 'accepted stream in another order, compressed anew', (session, random) =>
    freshly(streams.reordered(session, random)),
  ),
];

const CLIP_EVERY_MS = 2_300;

const noiseless = PEOPLE.slice(0, 1).map((person) => ({ person, recipe: noiselessRecipe(person) }));

const injected: readonly SessionKind[] = [
  bankKind(
    { id: 'frozen', label: 'live, then one frozen frame', origin: 'puppet' },
    heads,
    (bank, random) => {
      const live = answering(bank, random);
      return streams.frozenFrom(live, 800 + 5_000 * random(), false);
    },
  ),
  bankKind(
    { id: 'frozen-noise', label: 'one frame with new noise each time', origin: 'puppet' },
    heads,
    (bank, random) => freshly(streams.frozenFrom(answering(bank, random), 0, true)),
  ),
  bankKind({ id: 'looped', label: 'two seconds in a loop', origin: 'puppet' }, heads, ({ rest }, random) =>
    streams.looped(recordingOf(rest), random, 2_000),
  ),
  bankKind(
    { id: 'looped-noise', label: 'two seconds in a loop, new noise each time', origin: 'puppet' },
    heads,
    ({ rest }, random) => freshly(streams.looped(recordingOf(rest), random, 2_000)),
  ),
  bankKind(
    { id: 'noiseless', label: 'rendered answers without a camera’s noise', origin: 'puppet' },
    noiseless,
    (bank, random) =>
      new BankPresenter({ bank, random, answer: humanAnswer(random), smooth: true, noise: false }),
  ),
  bankKind(
    { id: 'own-order', label: 'hand-written client, clips in its own order', origin: 'puppet' },
    heads,
    (bank, random) => streams.ownOrder(bank, random, CLIP_EVERY_MS),
  ),
  bankKind(
    { id: 'guessing', label: 'hand-written client, a clip of its choice at each prompt', origin: 'puppet' },
    heads,
    puppetThatAnswers((random, { policy }) => (kind, shown) => {
      const guess = oneOf(policy.challenges?.pool ?? [kind], random) ?? kind;
      return humanAnswer(random)(guess, shown);
    }),
  ),
];

const wrongAnswers: readonly SessionKind[] = [
  bankKind(
    { id: 'late', label: 'right answers after the deadline', origin: 'puppet' },
    heads,
    puppetThatAnswers((random, { policy }) => (kind) => ({
      kind,
      delayMs: (policy.challenges?.responseMs ?? 0) + 50 + 1_500 * random(),
    })),
  ),
  bankKind(
    { id: 'wrong', label: 'another answer than was asked for', origin: 'puppet' },
    heads,
    puppetThatAnswers((random, stage) => (kind, shown) => {
      const other = oneOf(others(kind, stage), random);
      return other === undefined ? null : humanAnswer(random)(other, shown);
    }),
  ),
  bankKind(
    { id: 'wrong-order', label: 'the right answers in the wrong order', origin: 'puppet' },
    heads,
    puppetThatAnswers((random, stage) => {
      // The answer to the prompt before; to the first one, any other.
      let before: ChallengeKind | null = null;
      return (kind, shown) => {
        const answer = before !== null && before !== kind ? before : oneOf(others(kind, stage), random);
        before = kind;
        return answer === undefined ? null : humanAnswer(random)(answer, shown);
      };
    }),
  ),
  bankKind(
    { id: 'too-early', label: 'right answers before anybody could react', origin: 'puppet' },
    heads,
    puppetThatAnswers((random) => (kind) => ({ kind, delayMs: 100 * random() })),
  ),
];

const coupleOf = PEOPLE.slice(0, 1).map((person) => ({
  person,
  recipe: coupleRecipe(person, PEOPLE[1]),
}));

const people: readonly SessionKind[] = [
  swapKind('swap-to-victim', 'attacker answers, then the victim’s face', 'to'),
  swapKind('swap-from-victim', 'victim’s face, then the attacker answers', 'from'),
  swapKind('swap-back', 'victim’s face at rest, the attacker’s in every answer', 'in answers'),
  bankKind({ id: 'two-faces', label: 'two faces side by side', origin: 'puppet' }, coupleOf, answering),
];

function swapKind(id: string, label: string, way: 'to' | 'from' | 'in answers'): SessionKind {
  return {
    id,
    label,
    role: 'attack',
    origin: 'puppet',
    unasked: false,
    people: PEOPLE.length,
    sources: heads.flatMap(({ person, recipe }) => [...enrolmentOf(person), ...bankSources(recipe)]),
    prepare: async (stage) => {
      const banks = heads.map(({ person, recipe }) => ({
        bank: bankOf(recipe, stage.footages),
        references: [referenceOf(person, stage)],
        recording: recipe.id,
      }));
      return (random, index) => {
        const victim = banks[index % banks.length];
        const attacker = banks[(index + 1 + Math.floor(random() * (banks.length - 1))) % banks.length];
        const { references, recording } = victim;
        const presenter = swapped(way, victim.bank, attacker.bank, random);
        return {
          presenter,
          references,
          framesPerSecond: BANK_FRAMES_PER_SECOND,
          recording: `${attacker.recording}, ${recording}`,
        };
      };
    },
  };
}

function swapped(way: 'to' | 'from' | 'in answers', victim: Bank, attacker: Bank, random: Random): Presenter {
  if (way === 'in answers') return answering({ rest: victim.rest, takes: attacker.takes }, random);
  const [first, second] = way === 'to' ? [attacker, victim] : [victim, attacker];
  return switchAt(answering(first, random), answering(second, random), 600 + 6_000 * random());
}

/** Every kind that the sample portraits allow. */
export const PUPPET_KINDS: readonly SessionKind[] = [
  puppet,
  ...printsAndScreens,
  ...recordedStreams,
  ...injected,
  ...wrongAnswers,
  ...people,
];
