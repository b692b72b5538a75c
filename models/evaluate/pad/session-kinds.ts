import type { Policy } from '../../../server/policy/shape.ts';
import type { Reference } from '../../../server/matching/reference.ts';
import type { SessionContext } from '../../../server/session/state.ts';
import type { Embeddings, FrameAnalysis } from '../../../server/vision/analysis.ts';
import { EMBEDDING_MODELS, type EmbeddingModelId } from '../../ids.ts';
import type { Footage, FootageSource } from './footage.ts';
import type { RecordedSession } from './recorded-session.ts';
import type { MotionJudge, Presenter } from './session-player.ts';

/** What a kind of presentation is counted as. */
export type Role =
  /** APCER: an accept is an error. */
  | 'attack'
  /** BPCER: anything but an accept is an error. */
  | 'bona fide'
  /** The perfect puppet, which is a stand-in for both: only reported. */
  | 'puppet';

/** One presentation, ready to be played. */
export interface Presented {
  readonly presenter: Presenter;
  readonly references: readonly Reference[];
  readonly framesPerSecond: number;
  /** Digests of pictures that the victim's own session has shown before. */
  readonly shownBefore?: readonly string[];
  /** In place of the stage's policy. */
  readonly policy?: Policy;
  /** Which of the kind's recordings is behind it. */
  readonly recording: string;
}

/** Footages and the server they are played to. */
export interface Stage {
  readonly footages: ReadonlyMap<string, Footage>;
  readonly policy: Policy;
  readonly context: SessionContext;
  readonly judgeMotion: MotionJudge | null;
  /** Sessions recorded on this stage, by what was recorded: several kinds of attack begin with the same ones. */
  readonly recorded: Map<string, Promise<readonly RecordedSession[]>>;
}

/** How the presentation with this number is made; `random` is its own. */
export type Present = (random: () => number, index: number) => Presented;

/** A kind of presentation: what it needs and how it is presented. */
export interface SessionKind {
  /** Stable name in reports. */
  readonly id: string;
  readonly label: string;
  readonly role: Role;
  /** How much of it is real. */
  readonly origin: 'recorded' | 'simulated' | 'puppet';
  /** Plays without challenges: judged by the cues that a recording can show. */
  readonly unasked: boolean;
  readonly sources: readonly FootageSource[];
  /** People seen in it, for all its recordings together. */
  readonly people: number | null;
  /** Prepares the kind on a stage; null when there is nothing to present. */
  readonly prepare: (stage: Stage) => Promise<Present | null>;
}

const REFERENCE_FRAMES = 8;
/** Pictures with a face turned more than this do not found a reference. */
const REFERENCE_YAW_DEG = 15;

/** A reference from frames that show the face straight; null when fewer than two do. */
export function referenceFrom(frames: readonly FrameAnalysis[], name: string): Reference | null {
  const good = frames.flatMap(({ face }) =>
    face.found && face.value.embeddings && Math.abs(face.value.pose.yawDeg) <= REFERENCE_YAW_DEG
      ? [face.value.embeddings]
      : [],
  );
  if (good.length < 2) return null;
  const step = Math.max(1, good.length / REFERENCE_FRAMES);
  const chosen = Array.from(
    { length: Math.min(REFERENCE_FRAMES, good.length) },
    (_, i) => good[Math.floor(i * step)],
  );
  return { referenceId: name, subject: 'subject', embeddings: averaged(chosen) };
}

/** The L2-normalised mean of each network's embeddings. */
function averaged(all: readonly Embeddings[]): Embeddings {
  const means: Partial<Record<EmbeddingModelId, Float32Array>> = {};
  for (const model of EMBEDDING_MODELS) {
    const length = all[0][model]?.length;
    if (length === undefined) continue;
    const sum = new Float32Array(length);
    for (const embeddings of all) embeddings[model]?.forEach((value, i) => (sum[i] += value));
    const norm = Math.hypot(...sum) || 1;
    means[model] = sum.map((value) => value / norm);
  }
  return means;
}
