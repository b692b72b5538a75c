import type { ChallengeKind } from '../../../protocol/status.ts';
import { ACTIONS, type Action, type Performance } from '../../../simulator/index.ts';
import { planPerformance, spontaneousBlink } from '../../../simulator/acting/motion.ts';
import { hash32, seededDraws } from '../../../simulator/seeded.ts';
import type { Performer } from '../../../simulator/acting/performer.ts';
import type { Footage, FootageSource } from './footage.ts';

/** How the takes of a bank are made. */
export interface BankRecipe {
  /** Names the takes in the cache. */
  readonly id: string;
  readonly seed: number;
  readonly actions: readonly Action[];
  readonly takes: number;
  readonly restMs: number;
  readonly blinksAtRest: boolean;
  readonly performer: () => Promise<Performer>;
}

/** One performance of an action, from rest to rest. */
export interface Take {
  readonly footage: Footage;
  /** From its first frame to the action's beginning. */
  readonly leadMs: number;
}

/** What one subject was seen to do: at rest, and a few takes of each answer. */
export interface Bank {
  readonly rest: Footage;
  readonly takes: Readonly<Partial<Record<ChallengeKind, readonly Take[]>>>;
}

export const BANK_FRAMES_PER_SECOND = 25;
/** Before and after an action. */
const LEAD_MS = 80;
const TAIL_MS = 160;
/** Instants of different takes lie this far apart, so that sway and noise differ. */
const APART_MS = 20_000;

/** The footages a bank is made of. */
export function bankSources(recipe: BankRecipe): FootageSource[] {
  const rest = source(recipe, restId(recipe), { fromMs: 0, toMs: recipe.restMs, performances: [] });
  const answers = takesOf(recipe).map(({ id, performance }) =>
    source(recipe, id, {
      fromMs: performance.startMs - LEAD_MS,
      toMs: performance.endMs + TAIL_MS,
      performances: [performance],
    }),
  );
  return [rest, ...answers];
}

/** The bank from its footages. */
export function bankOf(recipe: BankRecipe, footages: ReadonlyMap<string, Footage>): Bank {
  const find = (id: string): Footage => {
    const footage = footages.get(id);
    if (footage === undefined || footage.frames.length === 0) throw new Error(`${id} was not analysed.`);
    return footage;
  };
  const takes: Partial<Record<ChallengeKind, Take[]>> = {};
  for (const { id, performance } of takesOf(recipe)) {
    (takes[performance.action] ??= []).push({ footage: find(id), leadMs: LEAD_MS });
  }
  return { rest: find(restId(recipe)), takes };
}

const restId = ({ id, seed, restMs, blinksAtRest }: BankRecipe) =>
  `${id} ${seed} rest ${restMs}${blinksAtRest ? '' : ' no blinks'}`;

function takesOf({ id, seed, actions, takes }: BankRecipe) {
  return ACTIONS.filter((action) => actions.includes(action)).flatMap((action) =>
    Array.from({ length: takes }, (_, take) => {
      // By the action's place among all, so that a shorter list of actions asks for the same takes.
      const place = 1 + ACTIONS.indexOf(action) * 100 + take;
      const draw = seededDraws(hash32(seed, place, 8));
      const performance = planPerformance(action, place * APART_MS, -Infinity, draw);
      return { id: `${id} ${seed} ${action} ${take}`, performance };
    }),
  );
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  readonly performances: readonly Performance[];
}

function source(
  { performer, seed, blinksAtRest }: BankRecipe,
  id: string,
  { fromMs, toMs, performances }: Span,
): FootageSource {
  return {
    id,
    framesPerSecond: BANK_FRAMES_PER_SECOND,
    async *pictures() {
      const drawn = await performer();
      const stepMs = 1000 / BANK_FRAMES_PER_SECOND;
      for (let atMs = fromMs; atMs < toMs; atMs += stepMs) {
        const blink =
          performances.length === 0 && blinksAtRest ? spontaneousBlink(hash32(seed, 3), atMs) : null;
        yield await drawn.frameAt(blink === null ? performances : [blink], atMs);
      }
    },
  };
}
