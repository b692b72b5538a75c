import type { FrameAnalyzer } from '../../../server/inference/calls.ts';
import type { Presenter as CameraPresenter } from '../../../simulator/index.ts';
import { EvaluateError } from '../evaluate-error.ts';
import type { LivePresenter, Look } from './session-player.ts';

/**
 * Whoever the simulator puts before a camera, in a played session: its pictures are made when the session looks at
 * them, and analysed by the server's own workers.
 */
export function live(before: CameraPresenter, analyzer: FrameAnalyzer): LivePresenter {
  return {
    lookAt: (atMs) => lookAt(() => before.frameAt(atMs), analyzer),
    onStatus: (status, atMs) => before.onStatus?.(status, atMs),
  };
}

/** The analysis of one picture, made when it is asked for. Rejects with EvaluateError when a worker fails. */
export function lookAt(picture: () => Promise<Buffer>, analyzer: FrameAnalyzer): Look {
  return async (region, wants, rests) => {
    const image = new Uint8Array(await picture()).buffer;
    const reply = await new Promise<Parameters<Parameters<FrameAnalyzer['requestTurn']>[1]>[0]>((resolve) => {
      analyzer.requestTurn(() => ({ image, region, wants, rests }), resolve);
    });
    if (reply.ok) return reply.analysis;
    if (reply.code === 'server.internal')
      throw new EvaluateError('A worker failed on a picture: run it again.');
    return null;
  };
}

/** Asks to skip the first challenge of a kind, once. */
export function skipping(presenter: LivePresenter, kind: string): LivePresenter {
  let asked = false;
  return {
    lookAt: (atMs) => presenter.lookAt(atMs),
    onStatus: (status, atMs) => presenter.onStatus?.(status, atMs),
    skips({ challenge }) {
      if (asked || challenge?.kind !== kind || !challenge.skippable) return false;
      asked = true;
      return true;
    },
  };
}
