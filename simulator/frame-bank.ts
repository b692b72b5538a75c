import { planPerformance, type Performance } from './acting/motion.ts';
import { Person } from './person/person.ts';
import type { Portrait } from './portraits/portrait.ts';
import type { Presenter } from './presenter.ts';
import { record, replay, type RecordedFrame } from './recording.ts';
import { hash32, seededDraws } from './seeded.ts';
import { CHALLENGE_KINDS, type ChallengeKind } from '../protocol/status.ts';

/** Frames of one subject, made once, from which any number of presenters are played without drawing. */
export interface FrameBank {
  readonly idle: readonly RecordedFrame[];
  readonly answers: Readonly<Partial<Record<ChallengeKind, AnswerClip>>>;
}

interface AnswerClip {
  readonly frames: readonly RecordedFrame[];
  readonly performance: Performance;
}

const IDLE_MS = 4_000;
const CLIP_MARGIN_MS = 80;

/** Draws a bank: four seconds of doing nothing and one clip for each challenge. About 18 s of frames in memory. */
export async function drawFrameBank(portrait: Portrait, seed: number, fps: number): Promise<FrameBank> {
  const person = new Person(portrait, { seed });
  const answers: Partial<Record<ChallengeKind, AnswerClip>> = {};
  for (const [index, kind] of CHALLENGE_KINDS.entries()) {
    const performance = person.perform(kind, (index + 1) * 2 * IDLE_MS);
    const { startMs, endMs } = performance;
    const span = { fromMs: startMs - CLIP_MARGIN_MS, toMs: endMs + CLIP_MARGIN_MS, fps };
    answers[kind] = { frames: await record(person, span), performance };
  }
  return { idle: await record(person, { fromMs: 0, toMs: IDLE_MS, fps }), answers };
}

/**
 * A subject out of a bank, for load tests: answers challenges with the bank's clips and costs next to nothing a
 * frame. Idle frames come round again every four seconds, byte for byte, and clips jump where they are joined.
 */
export function presentBank(bank: FrameBank, seed: number): Presenter {
  const draw = seededDraws(hash32(seed, 4));
  const idle = replay(bank.idle, -draw() * IDLE_MS);
  let challenge: string | null = null;
  let current: { readonly presenter: Presenter; readonly startMs: number; readonly endMs: number } | null =
    null;
  return {
    onStatus(status, atMs) {
      const shown = status.challenge && `${status.challenge.number} ${status.challenge.kind}`;
      const answer = status.challenge && bank.answers[status.challenge.kind];
      if (answer !== undefined && shown !== challenge) {
        const { frames, performance } = answer;
        const { startMs } = planPerformance(performance.action, atMs, current?.endMs ?? -Infinity, draw);
        const endMs = startMs + performance.endMs - performance.startMs + CLIP_MARGIN_MS;
        current = { presenter: replay(frames, startMs - CLIP_MARGIN_MS), startMs, endMs };
      }
      challenge = shown ?? null;
    },
    async frameAt(atMs) {
      const answering = current !== null && atMs >= current.startMs && atMs < current.endMs;
      return await (answering && current !== null ? current.presenter : idle).frameAt(atMs);
    },
  };
}
