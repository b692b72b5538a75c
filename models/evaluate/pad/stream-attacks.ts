import type { PublicStatus } from '../../../protocol/status.ts';
import type { FrameAnalysis } from '../../../server/vision/analysis.ts';
import { randomIndex, shuffled } from '../seeded-random.ts';
import type { Bank } from './bank.ts';
import { durationMs } from './footage.ts';
import { recordingOf, RecordingPresenter, type RecordedFrame } from './presenters.ts';
import type { RecordedSession } from './recorded-session.ts';
import type { Presenter } from './session-player.ts';

/** A recorded stream at .7 to 1.4 times its speed, without the speeds close to 1. */
export function stretched({ frames }: RecordedSession, random: () => number): Presenter {
  const speed = random() < 0.5 ? 0.7 + 0.2 * random() : 1.1 + 0.3 * random();
  return new RecordingPresenter(frames, { speed });
}

/** A recorded stream, cut into pieces of half a second to two seconds in another order. */
export function reordered({ frames }: RecordedSession, random: () => number): Presenter {
  const pieces: RecordedFrame[][] = [];
  for (let from = 0; from < frames.length; ) {
    const length = 12 + randomIndex(random, 38);
    pieces.push(frames.slice(from, from + length));
    from += length;
  }
  const [first, ...rest] = pieces;
  const order = [first, ...shuffled(rest, random)].flat();
  const stepMs = frames[frames.length - 1].atMs / (frames.length - 1);
  return new RecordingPresenter(order.map(({ frame }, i) => ({ atMs: i * stepMs, frame })));
}

/**
 * Answers each challenge, as soon as it appears, with the recorded session's answer to the same challenge. Otherwise
 * shows the time before the first recorded challenge. For a challenge that was not recorded, the stream continues.
 */
export function spliced({ frames, prompts }: RecordedSession, random: () => number): Presenter {
  const restMs = Math.max(1_000, (prompts[0]?.fromMs ?? 0) - 40);
  const part = (fromMs: number, toMs: number) => frames.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
  const rest = part(0, restMs);
  let key: string | null = null;
  let playing: { readonly frames: readonly RecordedFrame[]; readonly fromMs: number } | null = null;
  return {
    onStatus({ challenge }: PublicStatus, atMs: number) {
      const shown = challenge === undefined ? null : `${challenge.number} ${challenge.kind}`;
      if (challenge !== undefined && shown !== key) {
        const same = prompts.filter(({ kind }) => kind === challenge.kind);
        const prompt = same[randomIndex(random, same.length)] ?? prompts[randomIndex(random, prompts.length)];
        const cut = prompt === undefined ? [] : part(prompt.fromMs, prompt.toMs + 400);
        if (cut.length > 0) playing = { frames: cut, fromMs: atMs };
      }
      key = shown;
    },
    showAt(atMs): FrameAnalysis | null {
      const at = frameIn(playing?.frames ?? [], atMs - (playing?.fromMs ?? 0));
      if (at !== null) return at;
      playing = null;
      return rest[Math.floor(atMs / 40) % rest.length].frame;
    },
  };
}

function frameIn(frames: readonly RecordedFrame[], sinceMs: number): FrameAnalysis | null {
  if (frames.length === 0) return null;
  const wanted = frames[0].atMs + sinceMs;
  return (
    frames.find(({ atMs }, i) => atMs <= wanted && (frames[i + 1]?.atMs ?? atMs + 40) > wanted)?.frame ?? null
  );
}

/**
 * Shows `presenter` until `frozenAtMs`, then repeats its last frame. With `first`, repeats its first frame from the
 * start.
 */
export function frozenFrom(presenter: Presenter, frozenAtMs: number, first: boolean): Presenter {
  let last: FrameAnalysis | null = null;
  return {
    showAt(atMs) {
      if (last === null || (!first && atMs < frozenAtMs)) last = presenter.showAt(atMs);
      return last;
    },
    onStatus: (status, atMs) => presenter.onStatus?.(status, atMs),
  };
}

/** A piece of a recording in a loop. */
export function looped(frames: readonly RecordedFrame[], random: () => number, lengthMs: number): Presenter {
  const count = frames.filter(({ atMs }) => atMs < lengthMs).length;
  const start = randomIndex(random, Math.max(1, frames.length - count));
  const piece = frames.slice(start, start + count);
  return new RecordingPresenter(piece.map(({ atMs, frame }) => ({ atMs: atMs - piece[0].atMs, frame })));
}

/** All takes of the bank in random order with rest between them. Challenges are ignored. */
export function ownOrder(bank: Bank, random: () => number, everyMs: number): Presenter {
  const rest = recordingOf(bank.rest);
  const takes = shuffled(Object.values(bank.takes).flat(), random);
  const restStep = durationMs(bank.rest) / rest.length;
  const frames: RecordedFrame[] = [];
  for (const [i, { footage }] of takes.entries()) {
    const fromMs = 600 + i * everyMs;
    for (let atMs = frames.length * restStep; atMs < fromMs; atMs = frames.length * restStep) {
      frames.push({ atMs, frame: rest[frames.length % rest.length].frame });
    }
    for (const { frame } of recordingOf(footage)) frames.push({ atMs: frames.length * restStep, frame });
  }
  return new RecordingPresenter(frames);
}
