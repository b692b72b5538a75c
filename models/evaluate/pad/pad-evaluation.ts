import { policyFor } from '../../../server/policy/built-in.ts';
import { loadPrepared, type PreparedModels } from '../../prepared.ts';
import { EvaluateError } from '../evaluate-error.ts';
import type { Progress } from '../verification.ts';
import type { FootageSource } from './footage.ts';
import { runLedger, type Ledger, type LedgerSession, type Tier } from './ledger.ts';
import { driftKinds } from './drift-kinds.ts';
import { DRAWN_KINDS } from './drawn-kinds.ts';
import { photoKinds } from './photo-kinds.ts';
import { recordingKinds } from './recording-kinds.ts';
import { readIndexes } from './recording-index.ts';
import { findRecordings } from './recordings.ts';
import type { SessionKind } from './session-kinds.ts';
import { albumsFrom, victimsFrom } from './victims.ts';
import { loadMotionScorer, openAnalyst, openTierPools, tierContexts } from './stage-setup.ts';

export interface PadOptions {
  /** Folder of recordings; null: only drawn presentations. */
  readonly data: string | null;
  /** Folder of photographs laid out as Name/Name_0001.jpg; null: the sample portraits. */
  readonly photographs: string | null;
  /** The most people whose photographs are attacked. */
  readonly people: number;
  readonly policy: string;
  /** Ids of the kinds to present; null: all. */
  readonly kinds: readonly string[] | null;
  /** Null: all tiers that the models allow. */
  readonly tier: Tier | null;
  readonly presentations: number;
  readonly seed: number;
  readonly workers: number;
  /** Folder of prepared models. */
  readonly modelCache: string;
  /** Folder of analyses that are kept for later runs. */
  readonly footageCache: string;
  readonly progress: Progress;
  /** Is given each session when it has ended. */
  readonly onSession?: (session: LedgerSession) => void;
}

interface PadEvaluation extends Ledger {
  /** What was missing or left out. */
  readonly notices: readonly string[];
  readonly frames: number;
}

/**
 * Presents every kind to the server's own session. Frames are drawn or read, and the server's own workers analyse each
 * of them once. The sessions are played with these analyses.
 * @throws EvaluateError when models are missing or there is nothing to present
 */
export async function evaluatePad(options: PadOptions): Promise<PadEvaluation> {
  const { models } = await loadPrepared(options.modelCache);
  const { kinds, notices } = await chooseKinds(options, models);
  const contexts = tierContexts(models, options.tier, notices);

  const sources = kinds.flatMap((kind) => kind.sources);
  const footages = await analyse(sources, models, options);
  const policy = policyFor(options.policy);
  let played = 0;
  const total = kinds.length * contexts.length * options.presentations;
  const pools = openTierPools({ ...options, models });
  let ledger: Ledger;
  try {
    ledger = await runLedger({
      ...options,
      kinds,
      footages,
      policy,
      contexts,
      scoreMotion: await loadMotionScorer(models.motion),
      openAnalyzer: pools.of,
      onSession: (session) => {
        options.onSession?.(session);
        options.progress('sessions', ++played, total);
      },
    });
  } finally {
    await pools.close();
  }
  for (const { kind, tier } of ledger.empty) notices.push(`nothing to present for ${kind} (${tier} tier)`);
  const frames = [...footages.values()].reduce((sum, footage) => sum + footage.frames.length, 0);
  return { ...ledger, notices, frames };
}

async function chooseKinds(
  { data, photographs, people, kinds: wanted }: PadOptions,
  models: PreparedModels['models'],
): Promise<{ readonly kinds: readonly SessionKind[]; readonly notices: string[] }> {
  const found = data === null ? null : await findRecordings(data);
  const indexed = data === null ? null : await readIndexes(data);
  const personOf = (name: string) => indexed?.get(name)?.person ?? name;
  const notices =
    found === null
      ? ['no recordings of people or of attacks (--data): only drawn presentations']
      : [...found.notices];
  if (photographs === null)
    notices.push('no photographs (--photographs): only the sample portraits are attacked');
  const victims = victimsFrom({ folder: photographs, wanted: people, models });
  const all = [
    ...photoKinds(victims, albumsFrom({ folder: photographs, wanted: people })),
    ...driftKinds(victimsFrom({ folder: null, wanted: people, models })),
    ...DRAWN_KINDS,
    ...recordingKinds(found?.recordings ?? [], personOf),
  ];
  const kinds = wanted === null ? all : all.filter(({ id }) => wanted.includes(id));
  const unknown = (wanted ?? []).filter((id) => all.every((kind) => kind.id !== id));
  if (unknown.length > 0) {
    throw new EvaluateError(
      `No such kind: ${unknown.join(', ')}. There are ${all.map(({ id }) => id).join(', ')}.`,
    );
  }
  return { kinds, notices };
}

async function analyse(
  sources: readonly FootageSource[],
  models: PreparedModels['models'],
  options: PadOptions,
) {
  const analyst = await openAnalyst({ ...options, models });
  const total = new Set(sources.map(({ id }) => id)).size;
  let done = 0;
  try {
    return await analyst.analyse(sources, () => options.progress('footages', ++done, total));
  } finally {
    await analyst.close();
  }
}
