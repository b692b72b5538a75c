import { compare } from '../../../server/matching/compare.ts';
import { thresholdAt } from '../../../server/matching/score-scales.ts';
import { DRIFT_MS, Drift, morphPortrait, Person, type Presenter } from '../../../simulator/index.ts';
import type { Embeddings } from '../../../server/vision/analysis.ts';
import { live } from './live-picture.ts';
import { openRecords } from './subject-records.ts';
import type { SessionKind, Stage } from './session-kinds.ts';
import { playSession } from './session-player.ts';
import { victimReference, type Victim, type Victims } from './victims.ts';

/** Faces on the way from one person to another, both ends included. */
const STEPS = 13;
const FRAMES_PER_SECOND = 16;
/** A drift begins within this time after the first challenge. */
const BEGINS_WITHIN_MS = 5_000;
/** Whoever is verified: the false match rate at which a template serves a face. */
const SERVES_FMR = 1e-4;

const COST = 'a photograph of each, a mesh’s morph; one of them lives, or is drawn';

/** Whether verification would take the one for the other. */
function serves(template: Embeddings, face: Embeddings): boolean {
  const comparison = compare(template, face);
  return comparison !== null && comparison.score >= thresholdAt(comparison.method, SERVES_FMR);
}

/**
 * Attacks in which one face becomes another: what is counted is a template, or an accept, that serves the other. Both
 * are drawn in three dimensions, so that only the drift can be what is refused.
 */
export function driftKinds(victims: Victims): readonly SessionKind[] {
  const head = {
    role: 'attack',
    attackClass: 'cheap injection',
    origin: 'simulated',
    cost: COST,
    unasked: false,
    people: null,
    sources: [],
  } as const;
  return [
    {
      ...head,
      id: 'drift-enrol',
      label: `a face drifts to another within ${DRIFT_MS / 1000} s of an enrolment; the template serves the other`,
      prepare: async (stage) => {
        // The workers start before faces are drawn, which takes this thread a while.
        const analyzer = await stage.openAnalyzer();
        const pairs = await pairsOf(victims, stage);
        return async (random, index) => {
          const { faces, to, name } = pairs[index % pairs.length];
          const drift = new Drift(faces(random()), BEGINS_WITHIN_MS * random());
          let template: Embeddings | null = null;
          return {
            mode: 'enrol',
            presenter: live(drift, analyzer),
            references: [],
            store: async (embeddings) => {
              template = embeddings;
              return { result: 'stored', reference: { referenceId: 'new', subject: 'subject' } };
            },
            hasSucceeded: async ({ outcome }) =>
              outcome === 'accept' && template !== null && serves(template, (await to()).embeddings),
            framesPerSecond: FRAMES_PER_SECOND,
            recording: name,
          };
        };
      },
    },
    {
      ...head,
      id: 'drift-verify',
      label: `a face drifts to another within ${DRIFT_MS / 1000} s of a verification; the other is there at the accept`,
      prepare: async (stage) => {
        // The workers start before faces are drawn, which takes this thread a while.
        const analyzer = await stage.openAnalyzer();
        const pairs = await pairsOf(victims, stage);
        return async (random, index) => {
          const { faces, from, name } = pairs[index % pairs.length];
          const drift = new Drift(faces(random()), BEGINS_WITHIN_MS * random());
          return {
            presenter: live(drift, analyzer),
            references: [await from()],
            hasSucceeded: ({ outcome, tookMs }) =>
              outcome === 'accept' && drift.arrivesMs !== null && drift.arrivesMs <= tookMs,
            framesPerSecond: FRAMES_PER_SECOND,
            recording: name,
          };
        };
      },
    },
    { ...head, id: 'drift-chain', label: CHAIN_LABEL, prepare: prepareChain(victims) },
  ];
}

const CHAIN_SHARES = [0.3, 0.55, 0.8, 1] as const;
/** A session that fails for another reason than its face is tried again so often. */
const CHAIN_TRIES = 3;
const CHAIN_LABEL = `a chain of ${CHAIN_SHARES.length} enrolments, each a little nearer to another; the last serves the other`;

/** Each link enrols a face between two people as one more reference of the first, by the server's own rules. */
function prepareChain(victims: Victims): SessionKind['prepare'] {
  return async (stage) => {
    const analyzer = await stage.openAnalyzer();
    const pairs = await pairsOf(victims, stage);
    return async (random, index) => {
      const { faceAt, from, to, name } = pairs[index % pairs.length];
      const records = openRecords();
      await records.enrol((await from()).embeddings);
      const enrol = (share: number) => ({
        mode: 'enrol' as const,
        presenter: live(faceAt(share, random()), analyzer),
        references: [],
        store: records.enrol,
        framesPerSecond: FRAMES_PER_SECOND,
      });
      const { policy, context, scoreMotion } = stage;
      for (const share of CHAIN_SHARES.slice(0, -1)) {
        for (let tries = 0; tries < CHAIN_TRIES; tries++) {
          const { outcome } = await playSession({ ...enrol(share), policy, context, scoreMotion, random });
          if (outcome !== 're-verify') break;
        }
      }
      return {
        ...enrol(1),
        recording: name,
        hasSucceeded: async () => {
          const { embeddings } = await to();
          return (await records.all()).some((reference) => serves(reference.embeddings, embeddings));
        },
      };
    };
  };
}

interface Pair {
  readonly name: string;
  /** The faces of a drift, which all do the same. */
  readonly faces: (draw: number) => readonly Presenter[];
  readonly faceAt: (share: number, draw: number) => Presenter;
  readonly from: () => ReturnType<typeof victimReference>;
  readonly to: () => ReturnType<typeof victimReference>;
}

/** Each of the people with each other one: first all with the next one, then all with the one after, and so on. */
async function pairsOf(victims: Victims, stage: Stage): Promise<readonly Pair[]> {
  const people = await victims();
  return people
    .slice(1)
    .flatMap((_, step) =>
      people.map((from, i) => pairOf(from, people[(i + step + 1) % people.length], stage)),
    );
}

function pairOf(from: Victim, to: Victim, stage: Stage): Pair {
  const portraits = new Map<number, Victim['portrait']>();
  const portraitAt = (share: number) => {
    const known = portraits.get(share) ?? morphPortrait(from.portrait, to.portrait, share);
    portraits.set(share, known);
    return known;
  };
  const seedOf = (draw: number) => Math.floor(draw * 2 ** 31);
  const once = <Value>(make: () => Value) => {
    let made: Value | null = null;
    return () => (made ??= make());
  };
  return {
    name: `${from.name} to ${to.name}`,
    faceAt: (share, draw) => new Person(portraitAt(share), { seed: seedOf(draw) }),
    faces: (draw) =>
      Array.from(
        { length: STEPS },
        (_, i) => new Person(portraitAt(i / (STEPS - 1)), { seed: seedOf(draw) }),
      ),
    from: once(() => victimReference(from, stage)),
    to: once(() => victimReference(to, stage)),
  };
}
