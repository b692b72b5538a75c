import path from 'node:path';
import type { FrameAnalyzer } from '../../../server/inference/calls.ts';
import { OrtRunner } from '../../../server/inference/ort-model.ts';
import { createPool } from '../../../server/inference/pool.ts';
import type { SessionContext } from '../../../server/session/state.ts';
import { outputOfSize } from '../../../server/vision/model-runner.ts';
import { EMBEDDING_MODELS, GEOMETRY_MODELS, PAD_MODELS } from '../../ids.ts';
import { MODEL_MANIFEST } from '../../manifest.ts';
import type { PreparedModels } from '../../prepared.ts';
import { EvaluateError } from '../evaluate-error.ts';
import { footageVersion } from './code-hash.ts';
import type { Footage, FootageSource } from './footage.ts';
import { analyseFootages } from './footage-store.ts';
import type { Tier } from './ledger.ts';
import type { MotionScorer } from './session-player.ts';

type Models = PreparedModels['models'];

/** The session context of a server with the models of one tier. */
export interface TierContext {
  readonly tier: Tier;
  readonly context: SessionContext;
}

/**
 * The tiers that these models allow, or the wanted one. Adds a notice for what is missing.
 * @throws EvaluateError when no models are prepared, or not those of the wanted tier
 */
export function tierContexts(models: Models, wanted: Tier | null, notices: string[]): TierContext[] {
  if ([...GEOMETRY_MODELS, 'faceres' as const].some((id) => models[id] === undefined)) {
    throw new EvaluateError('No models are prepared: run "npm run models" first.');
  }
  const embeddings = EMBEDDING_MODELS.filter((id) => models[id] !== undefined);
  const pad = PAD_MODELS.filter((id) => models[id] !== undefined);
  const motion = models.motion !== undefined;
  const isFull = embeddings.includes('mobilefacenet') && pad.length > 0;
  const base: SessionContext = {
    models: { embeddings: embeddings.filter((id) => id !== 'mobilefacenet'), pad: [], motion },
  };
  if (!isFull) {
    if (wanted === 'full') throw new EvaluateError('The full tier needs its optional models.');
    notices.push('the optional models are not there: base tier only');
  }
  return [
    ...(wanted === 'full' ? [] : [{ tier: 'base' as const, context: base }]),
    ...(isFull && wanted !== 'base'
      ? [{ tier: 'full' as const, context: { models: { embeddings, pad, motion } } }]
      : []),
  ];
}

/** Loads the motion network in this process: it is small, and a session runs it only twice a second. */
export async function loadMotionScorer(file: string | undefined): Promise<MotionScorer | null> {
  if (file === undefined) return null;
  const runner = await OrtRunner.load({ motion: file });
  const { steps, features } = MODEL_MANIFEST.motion.input;
  return async (window) => outputOfSize(await runner.run('motion', window, [1, steps, features]), 1)[0];
}

const MAX_IMAGE_PIXELS = 8_000_000;
const JOB_TIMEOUT_MS = 120_000;

interface AnalystOptions {
  readonly models: Models;
  /** Folder of analyses that are kept for later runs. */
  readonly footageCache: string;
  readonly workers: number;
}

/** Analyses footages with the server's own workers. The workers start when a footage is not in the cache. */
export interface Analyst {
  analyse(sources: readonly FootageSource[], onFootage: () => void): Promise<ReadonlyMap<string, Footage>>;
  close(): Promise<void>;
}

/** Opens an analyst for these models. `version` identifies the code that makes its footages. */
export async function openAnalyst(
  { models, footageCache, workers }: AnalystOptions,
  version: (models: Models) => Promise<string> = footageVersion,
): Promise<Analyst> {
  const folder = path.join(footageCache, await version(models));
  let pool: Promise<FrameAnalyzer> | null = null;
  const startPool = () =>
    (pool ??= createPool({
      workers,
      models,
      maxImagePixels: MAX_IMAGE_PIXELS,
      jobTimeoutMs: JOB_TIMEOUT_MS,
    }));
  return {
    analyse: (sources, onFootage) => analyseFootages(sources, { folder, startPool, onFootage }),
    async close() {
      await (await pool)?.close();
    },
  };
}

/** Pools with the models of one tier each. They start when they are first asked for. */
export interface TierPools {
  readonly of: (tier: Tier) => Promise<FrameAnalyzer>;
  readonly close: () => Promise<void>;
}

export function openTierPools({ models, workers }: Pick<AnalystOptions, 'models' | 'workers'>): TierPools {
  const pools = new Map<Tier, Promise<FrameAnalyzer>>();
  const start = (tier: Tier) => {
    const { mobilefacenet: _strong, ...weaker } = models;
    const base = Object.fromEntries(
      Object.entries(weaker).filter(([id]) => !(PAD_MODELS as readonly string[]).includes(id)),
    );
    const { motion: _motion, ...loaded }: Models = tier === 'base' ? base : models;
    return createPool({
      workers,
      models: loaded,
      maxImagePixels: MAX_IMAGE_PIXELS,
      jobTimeoutMs: JOB_TIMEOUT_MS,
    });
  };
  return {
    of(tier) {
      const pool = pools.get(tier) ?? start(tier);
      pools.set(tier, pool);
      return pool;
    },
    async close() {
      await Promise.all([...pools.values()].map(async (pool) => (await pool).close()));
    },
  };
}
