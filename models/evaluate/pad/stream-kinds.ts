import { seededRandom } from '../seeded-random.ts';
import { enrolmentOf, type Random, referenceOf } from './bank-kind.ts';
import { BANK_FRAMES_PER_SECOND, bankOf, type BankRecipe, bankSources } from './bank.ts';
import { headRecipe, PEOPLE, reencodedSources } from './materials.ts';
import { freshly, RecordingPresenter } from './presenters.ts';
import { recordAccepted, type RecordedSession } from './recorded-session.ts';
import type { Presented, SessionKind, Stage } from './session-kinds.ts';
import type { Presenter } from './session-player.ts';
import * as streams from './stream-attacks.ts';

/** An attack that uses the recorded stream of an accepted session. */
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
    attackClass: 'cheap injection',
    origin: 'simulated',
    unasked: false,
    people: people.length,
    sources: banks.flatMap(({ person, sources }) => [...enrolmentOf(person), ...sources]),
    prepare: async (stage) => {
      const recorded: Thief[] = [];
      for (const [which, { person, recipe }] of banks.entries()) {
        const references = [referenceOf(person, stage)];
        const sessions = await recordedOnce(recipe, which, references, stage);
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

/** Accepted sessions of the bank's puppet, recorded once for all kinds of attack. */
function recordedOnce(
  recipe: BankRecipe,
  which: number,
  references: Presented['references'],
  stage: Stage,
): Promise<readonly RecordedSession[]> {
  const known = stage.recorded.get(recipe.id);
  if (known !== undefined) return known;
  const bank = bankOf(recipe, stage.footages);
  const recorded = recordAccepted(bank, references, stage, seededRandom(7_001 + which), SESSIONS_RECORDED);
  stage.recorded.set(recipe.id, recorded);
  return recorded;
}

interface Thief {
  readonly session: RecordedSession;
  readonly references: Presented['references'];
  readonly recording: string;
}

/** Number of accepted sessions that are recorded of each person. */
const SESSIONS_RECORDED = 5;

/** Attacks that replay or edit the stream of an accepted session. */
export const STREAM_KINDS: readonly SessionKind[] = [
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
