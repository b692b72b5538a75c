import type { FrameAnalyzer } from '../../../server/inference/calls.ts';
import type { Policy } from '../../../server/policy/shape.ts';
import type { Reference } from '../../../server/matching/reference.ts';
import type { SessionContext } from '../../../server/session/state.ts';
import type { Embeddings, FrameAnalysis } from '../../../server/vision/analysis.ts';
import { EMBEDDING_MODELS, type EmbeddingModelId } from '../../ids.ts';
import type { Footage, FootageSource } from './footage.ts';
import type { RecordedSession } from './recorded-session.ts';
import type { LivePresenter, MotionScorer, Played, PlayOptions, Presenter } from './session-player.ts';

/** How a kind of presentation is counted. */
export type Role =
  /** APCER: an accepted session is an error. */
  | 'attack'
  /** BPCER: every session that is not accepted is an error. */
  | 'bona fide';

/**
 * What an attacker puts in the place of a person, in the order of its price: something before a real camera; pictures
 * fed in that one photograph, a few stills or clips can be made into without a model of the head's depth; pictures fed
 * in that a head with depth is rendered in.
 */
export const ATTACK_CLASSES = ['presentation', 'cheap injection', 'rendered injection'] as const;
export type AttackClass = (typeof ATTACK_CLASSES)[number];

/** One presentation. */
export interface Presented extends Partial<Pick<PlayOptions, 'mode' | 'flash' | 'search' | 'store'>> {
  readonly presenter: Presenter | LivePresenter;
  /** Whether the attack has what it wants. Default: it was accepted. */
  readonly hasSucceeded?: (ended: Played) => boolean | Promise<boolean>;
  readonly references: readonly Reference[];
  readonly framesPerSecond: number;
  /** Digests of images that the victim's own session has shown before. */
  readonly shownBefore?: readonly string[];
  /** Replaces the stage's policy. */
  readonly policy?: Policy;
  /** Name of the kind's recording that is presented. */
  readonly recording: string;
  /** Whom it shows. Default: each recording shows somebody else. */
  readonly person?: string;
}

/** Footages, and the server to which they are presented. */
export interface Stage {
  readonly footages: ReadonlyMap<string, Footage>;
  readonly policy: Policy;
  readonly context: SessionContext;
  readonly scoreMotion: MotionScorer | null;
  /** Workers with the tier's models, for pictures that are made while a session runs. They start at the first call. */
  readonly openAnalyzer: () => Promise<FrameAnalyzer>;
  /** Accepted sessions recorded on this stage, by the id of what was recorded: several kinds of attack share them. */
  readonly recorded: Map<string, Promise<readonly RecordedSession[]>>;
}

/** Makes the presentation with number `index`, which draws from `random`. */
export type Present = (random: () => number, index: number) => Presented | Promise<Presented>;

/** A kind of presentation: its footages, and how it is presented. */
export interface SessionKind {
  /** Stable name in reports. */
  readonly id: string;
  readonly label: string;
  readonly role: Role;
  /** Null for bona fide subjects. */
  readonly attackClass: AttackClass | null;
  /** `recorded`: of recordings as they are. `simulated`: drawn, or shown on a drawn display. */
  readonly origin: 'recorded' | 'simulated';
  /** What an attacker needs for it; absent where the label says it. */
  readonly cost?: string;
  /** True: the kind is played without challenges, for the cues that a recording can show. */
  readonly unasked: boolean;
  readonly sources: readonly FootageSource[];
  /** Number of people in the kind's recordings together; null where it is unknown. */
  readonly people: number | null;
  /** Prepares the kind on a stage; null when there is nothing to present. */
  readonly prepare: (stage: Stage) => Promise<Present | null>;
}

const REFERENCE_FRAMES = 8;
/** A frame with a larger yaw does not become part of a reference. */
const REFERENCE_YAW_DEG = 15;

/** A reference made of the frames with a frontal face; null when there are fewer than two. */
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
