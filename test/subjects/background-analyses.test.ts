import { describe, expect, it } from 'vitest';
import type { AnalyzeReply, FrameAnalyzer, TurnPriority } from '../../server/inference/calls.ts';
import { BackgroundAnalyses } from '../../server/subjects/photos/background-analyses.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const DONE: AnalyzeReply = { ok: false, code: 'frame.undecodable' };

/** Workers whose turns the test gives and ends, one at a time. */
function workers(count: number) {
  const asked: { take: () => unknown; done: (reply: AnalyzeReply) => void; priority?: TurnPriority }[] = [];
  const analyzer: FrameAnalyzer = {
    models: { embeddings: [], pad: [] },
    workers: count,
    queueDepth: 0,
    requestTurn(take, done, priority) {
      const turn = { take, done, ...(priority === undefined ? {} : { priority }) };
      asked.push(turn);
      return () => void asked.splice(asked.indexOf(turn), 1);
    },
    close: async () => undefined,
  };
  return { asked, analyzer };
}
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

function setUp(count: number, open = 0) {
  const sessions = { open };
  const clock = new VirtualClock();
  const { asked, analyzer } = workers(count);
  const analyses = new BackgroundAnalyses({ analyzer, clock, openSessions: () => sessions.open });
  const start = (photos: number) => Array.from({ length: photos }, () => analyses.run(Uint8Array.of(1)));
  const finishFirst = async () => {
    const turn = asked.shift();
    turn?.take();
    turn?.done(DONE);
    await settled();
  };
  return { sessions, clock, asked, start, finishFirst };
}

describe('photographs on the workers of live sessions', () => {
  it('ask for background turns, one for each worker at a time', async () => {
    const { asked, start, finishFirst } = setUp(3);
    const all = start(5);
    await settled();
    expect(asked.map(({ priority }) => priority)).toEqual(Array(3).fill('background'));
    await finishFirst();
    expect(asked).toHaveLength(3);
    for (let at = 0; at < 4; at++) await finishFirst();
    expect(await Promise.all(all)).toEqual(all.map(() => DONE));
  });

  it('leave one worker to sessions that are open, and take it back when they are over', async () => {
    const { sessions, asked, start, finishFirst } = setUp(3, 1);
    const all = start(6);
    await settled();
    expect(asked).toHaveLength(2);
    sessions.open = 0;
    await finishFirst();
    expect(asked).toHaveLength(3);
    for (let at = 0; at < 5; at++) await finishFirst();
    await Promise.all(all);
  });

  it('are lent a single worker for one at a time', async () => {
    const { asked, start } = setUp(1, 1);
    void start(3);
    await settled();
    expect(asked).toHaveLength(1);
  });

  it('give up when sessions leave no time, and let the next ones try', async () => {
    const { clock, asked, start } = setUp(1, 1);
    const [first, second] = start(2);
    const refused = first?.catch((error: unknown) => error);
    await settled();
    clock.advance(30_000);
    expect(await refused).toMatchObject({ code: 'server.busy', retryAfterMs: 5_000 });
    await settled();
    expect(asked).toHaveLength(1);
    asked[0]?.take();
    clock.advance(30_000);
    asked[0]?.done(DONE);
    expect(await second).toBe(DONE);
  });
});
