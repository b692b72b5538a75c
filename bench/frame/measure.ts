import { availableParallelism, cpus, loadavg } from 'node:os';
import type { PreparedModels } from '../../models/prepared.ts';
import type { FaceRegion } from '../../server/vision/analysis.ts';
import type { FrameSet } from './frames.ts';
import { HumanProcess, type HumanMode } from './human.ts';
import { OurPaths, type OurTiming, type PathId, type StageMs } from './ours.ts';
import { measurePool, type FollowedFrame, type PoolRate } from './pool-rate.ts';
import { summarise, type Summary } from './summary.ts';

interface PathResult {
  readonly totalMs: Summary;
  readonly floorMs: Summary;
  /**
   * Time outside the networks in percent of the networks' time. It is computed from sums, because frames of one path
   * may run different networks.
   */
  readonly overheadPercent: number;
  /** Mean milliseconds of each stage over all frames, including frames without the stage. */
  readonly stages: StageMs;
}

export interface FrameReport {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly loadAverage: number };
  readonly source: string;
  readonly frames: number;
  readonly rounds: number;
  readonly meanFrameBytes: number;
  readonly networks: readonly string[];
  readonly ours: Readonly<Record<PathId, PathResult>>;
  /** Null when Human was not measured. */
  readonly human: Readonly<Record<HumanMode, Summary>> | null;
  readonly pools: readonly PoolRate[];
}

interface MeasureOptions {
  readonly set: FrameSet;
  readonly rounds: number;
  readonly poolSeconds: number;
  readonly withHuman: boolean;
  readonly onProgress: (text: string) => void;
}

const PATHS = ['tracked', 'session', 'all-networks'] as const satisfies readonly PathId[];
const HUMAN_MODES = ['all-networks', 'tracked'] as const satisfies readonly HumanMode[];
/** Enough for the JIT compiler. */
const WARM_UP_FRAMES = 24;
const HUMAN_WARM_UP_FRAMES = 6;

/**
 * Measures all paths on the same frames, interleaved frame by frame, so that other load on the machine affects all
 * paths equally. Rejects when a frame has no face, because a path without a face takes less time.
 */
export async function measure(
  models: PreparedModels['models'],
  options: MeasureOptions,
): Promise<FrameReport> {
  const { set, rounds, poolSeconds, withHuman, onProgress } = options;
  const ours = await OurPaths.load(models);
  const human = withHuman ? await HumanProcess.start() : null;
  const timings: Record<PathId, OurTiming[]> = { tracked: [], session: [], 'all-networks': [] };
  const humanMs: Record<HumanMode, number[]> = { tracked: [], 'all-networks': [] };
  const followed = await follow(ours, set.frames);
  try {
    for (let round = -1; round < rounds; round++) {
      const isWarmUp = round < 0;
      onProgress(isWarmUp ? 'warming up' : `round ${round + 1} of ${rounds}`);
      for (const [index, { frame, region }] of (isWarmUp
        ? followed.slice(0, WARM_UP_FRAMES)
        : followed
      ).entries()) {
        // The path after Human starts with cold caches, so the paths take turns.
        const first = index % PATHS.length;
        for (const path of [...PATHS.slice(first), ...PATHS.slice(0, first)]) {
          const timing = await ours.time(path, frame, region, index);
          if (!isWarmUp) timings[path].push(timing);
        }
        if (human === null || (isWarmUp && index >= HUMAN_WARM_UP_FRAMES)) continue;
        for (const mode of HUMAN_MODES) {
          const { totalMs, faces } = await human.time(mode, frame);
          if (!isWarmUp && faces > 0) humanMs[mode].push(totalMs);
        }
      }
    }
  } finally {
    human?.close();
  }
  const pools: PoolRate[] = [];
  for (const workers of new Set([1, availableParallelism()])) {
    onProgress(`pool of ${workers}`);
    pools.push(await measurePool(models, workers, followed, poolSeconds));
  }
  return {
    machine: { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), loadAverage: loadavg()[0] },
    source: set.source,
    frames: followed.length,
    rounds,
    meanFrameBytes: Math.round(set.frames.reduce((sum, frame) => sum + frame.length, 0) / set.frames.length),
    networks: Object.keys(models),
    ours: {
      tracked: resultOf(timings.tracked),
      session: resultOf(timings.session),
      'all-networks': resultOf(timings['all-networks']),
    },
    human:
      human === null
        ? null
        : { 'all-networks': summarise(humanMs['all-networks']), tracked: summarise(humanMs.tracked) },
    pools,
  };
}

/** Each frame with the region in which the preceding frame showed the face. */
async function follow(ours: OurPaths, frames: readonly Buffer[]): Promise<FollowedFrame[]> {
  const followed: FollowedFrame[] = [];
  let region: FaceRegion | null = null;
  for (const [index, frame] of frames.entries()) {
    const { face } = await ours.look(frame, region);
    if (!face.found) throw new Error(`Frame ${index} shows no face.`);
    followed.push({ frame, region: face.value.followed && region !== null ? region : face.value.region });
    region = face.value.region;
  }
  return followed;
}

function resultOf(timings: readonly OurTiming[]): PathResult {
  const sum = (pick: (timing: OurTiming) => number) =>
    timings.reduce((total, timing) => total + pick(timing), 0);
  const stages: StageMs = {};
  for (const timing of timings) {
    for (const [stage, ms] of Object.entries(timing.stages) as [keyof StageMs, number][]) {
      stages[stage] = (stages[stage] ?? 0) + ms / timings.length;
    }
  }
  const floor = sum(({ floorMs }) => floorMs);
  return {
    totalMs: summarise(timings.map(({ totalMs }) => totalMs)),
    floorMs: summarise(timings.map(({ floorMs }) => floorMs)),
    overheadPercent: (100 * (sum(({ totalMs }) => totalMs) - floor)) / floor,
    stages,
  };
}
