import path from 'node:path';
import { policyFor } from '../../../server/decision/policy.ts';
import type { FrameAnalyzer } from '../../../server/inference/calls.ts';
import { OrtRunner } from '../../../server/inference/ort-model.ts';
import { createPool } from '../../../server/inference/pool.ts';
import type { SessionContext } from '../../../server/session/state.ts';
import { outputOfSize } from '../../../server/vision/model-runner.ts';
import { EMBEDDING_MODELS, GEOMETRY_MODELS, type ModelId, PAD_MODELS } from '../../ids.ts';
import { MODEL_MANIFEST } from '../../manifest.ts';
import { loadPrepared } from '../../prepared.ts';
import { EvaluateError } from '../evaluate-error.ts';
import type { Progress } from '../verification.ts';
import { footageVersion } from './code-hash.ts';
import type { FootageSource } from './footage.ts';
import { analyseFootages } from './footage-store.ts';
import { runLedger, type Ledger, type Tier } from './ledger.ts';
import { PUPPET_KINDS } from './puppet-kinds.ts';
import { recordingKinds } from './recording-kinds.ts';
import { findRecordings } from './recordings.ts';
import type { SessionKind } from './session-kinds.ts';
import type { MotionJudge } from './session-player.ts';

export interface PadOptions {
  /** Folder of recordings; null: only what can be drawn. */
  readonly data: string | null;
  readonly policy: string;
  /** Ids of the kinds to present; null: all. */
  readonly kinds: readonly string[] | null;
  /** Null: every tier that the models allow. */
  readonly tier: Tier | null;
  readonly presentations: number;
  readonly seed: number;
  readonly workers: number;
  /** Folder of prepared models. */
  readonly modelCache: string;
  /** Folder of analyses that are kept between runs. */
  readonly footageCache: string;
  readonly progress: Progress;
}

export interface PadEvaluation extends Ledger {
  /** What could not be had or was left out. */
  readonly notices: readonly string[];
  readonly frames: number;
}

const MAX_IMAGE_PIXELS = 8_000_000;
const JOB_TIMEOUT_MS = 120_000;

/**
 * Plays every kind of presentation through the server's own session. Frames are drawn or read, and analysed by the
 * server's own workers, once; sessions are played over what they found.
 * Throws EvaluateError when models are missing or there is nothing to present.
 */
export async function evaluatePad(options: PadOptions): Promise<PadEvaluation> {
  const { models } = await loadPrepared(options.modelCache);
  if ([...GEOMETRY_MODELS, 'faceres' as const].some((id) => models[id] === undefined)) {
    throw new EvaluateError('No models are prepared: run "npm run models" first.');
  }
  const { kinds, notices } = await chooseKinds(options);
  const contexts = contextsOf((id) => models[id] !== undefined, options, notices);

  const sources = kinds.flatMap((kind) => kind.sources);
  const footages = await analyse(sources, options);
  const policy = policyFor(options.policy);
  let played = 0;
  const total = kinds.length * contexts.length * options.presentations;
  const ledger = await runLedger({
    ...options,
    kinds,
    footages,
    policy,
    contexts,
    judgeMotion: await motionJudge(models.motion),
    onSession: () => options.progress('sessions', ++played, total),
  });
  for (const { kind, tier } of ledger.empty) notices.push(`nothing to present for ${kind} (${tier} tier)`);
  const frames = [...footages.values()].reduce((sum, footage) => sum + footage.frames.length, 0);
  return { ...ledger, notices, frames };
}

async function chooseKinds({
  data,
  kinds: wanted,
}: PadOptions): Promise<{ readonly kinds: readonly SessionKind[]; readonly notices: string[] }> {
  const found = data === null ? null : await findRecordings(data);
  const notices =
    found === null
      ? ['no recordings of people or of attacks (--data): only drawn presentations']
      : [...found.notices];
  const all = [...PUPPET_KINDS, ...recordingKinds(found?.recordings ?? [])];
  const kinds = wanted === null ? all : all.filter(({ id }) => wanted.includes(id));
  const unknown = (wanted ?? []).filter((id) => all.every((kind) => kind.id !== id));
  if (unknown.length > 0) {
    throw new EvaluateError(
      `No such kind: ${unknown.join(', ')}. There are ${all.map(({ id }) => id).join(', ')}.`,
    );
  }
  return { kinds, notices };
}

function contextsOf(
  isLoaded: (id: ModelId) => boolean,
  { tier }: PadOptions,
  notices: string[],
): { readonly tier: Tier; readonly context: SessionContext }[] {
  const embeddings = EMBEDDING_MODELS.filter(isLoaded);
  const pad = PAD_MODELS.filter(isLoaded);
  const motion = isLoaded('motion');
  const isFull = embeddings.includes('mobilefacenet') && pad.length > 0;
  const base: SessionContext = {
    models: { embeddings: embeddings.filter((id) => id !== 'mobilefacenet'), pad: [], motion },
  };
  if (!isFull) {
    if (tier === 'full') throw new EvaluateError('The full tier needs its optional models.');
    notices.push('the optional models are not there: base tier only');
  }
  return [
    ...(tier === 'full' ? [] : [{ tier: 'base' as const, context: base }]),
    ...(isFull && tier !== 'base'
      ? [{ tier: 'full' as const, context: { models: { embeddings, pad, motion } } }]
      : []),
  ];
}

/** The network for motion in this process: it is small, and sessions ask it twice a second. */
async function motionJudge(file: string | undefined): Promise<MotionJudge | null> {
  if (file === undefined) return null;
  const runner = await OrtRunner.load({ motion: file });
  const { steps, features } = MODEL_MANIFEST.motion.input;
  return async (window) => outputOfSize(await runner.run('motion', window, [1, steps, features]), 1)[0];
}

async function analyse(sources: readonly FootageSource[], options: PadOptions) {
  const { models } = await loadPrepared(options.modelCache);
  const folder = path.join(options.footageCache, await footageVersion(models));
  const started: { pool?: Promise<FrameAnalyzer> } = {};
  const total = new Set(sources.map(({ id }) => id)).size;
  let done = 0;
  try {
    return await analyseFootages(sources, {
      folder,
      startPool: () =>
        (started.pool ??= createPool({
          workers: options.workers,
          models,
          maxImagePixels: MAX_IMAGE_PIXELS,
          jobTimeoutMs: JOB_TIMEOUT_MS,
        })),
      onFootage: () => options.progress('footages', ++done, total),
    });
  } finally {
    const pool = await started.pool;
    await pool?.close();
  }
}
