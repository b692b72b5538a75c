import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../protocol/errors.ts';
import { policyFor } from '../../server/policy/built-in.ts';
import type { AnalyzeReply, AnalyzeRequest, FrameAnalyzer } from '../../server/inference/calls.ts';
import { createLogger } from '../../server/observe/log.ts';
import { SessionRunner } from '../../server/sessions/runner.ts';
import type { Verdict } from '../../server/session/effect.ts';
import type { EnrolmentResult } from '../../server/session/event.ts';
import { StoreError } from '../../server/store/errors.ts';
import type { SessionRequest } from '../../server/session/ports.ts';
import { analysisOf, seeded } from '../support/analysis-builder.ts';
import { deferred } from '../support/deferred.ts';
import { BASE_MODELS } from '../support/session-driver.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const REQUEST: SessionRequest = {
  sessionId: 'one',
  tenant: 'default',
  mode: 'enrol',
  subject: 'ada',
  policy: 'attended',
  audience: null,
  nonce: null,
  createdAtMs: 0,
};

const NO_TIME = { decodeMs: 0, detectMs: 0, meshMs: 0, eyesMs: 0, embedMs: 0, padMs: 0, totalMs: 0 };

/** Gives a turn only when the test calls `giveTurn`. */
class ManualAnalyzer implements FrameAnalyzer {
  readonly models = BASE_MODELS.models;
  readonly workers = 1;
  readonly random = seeded(4);
  private readonly turns: {
    readonly take: () => AnalyzeRequest | null;
    readonly done: (reply: AnalyzeReply) => void;
  }[] = [];

  get queueDepth(): number {
    return this.turns.length;
  }

  requestTurn(take: () => AnalyzeRequest | null, done: (reply: AnalyzeReply) => void): () => void {
    const turn = { take, done };
    this.turns.push(turn);
    return () => {
      const at = this.turns.indexOf(turn);
      if (at >= 0) this.turns.splice(at, 1);
    };
  }

  async close(): Promise<void> {}

  /** Gives the next turn. Each frame shows a good face, or cannot be read. */
  giveTurn(readable = true): void {
    const turn = this.turns.shift();
    const request = turn?.take() ?? null;
    if (request === null) return;
    if (!readable) {
      turn?.done({ ok: false, code: 'frame.undecodable' });
      return;
    }
    const analysis = analysisOf({}, request.wants, this.models, this.random);
    turn?.done({ ok: true, analysis, timings: NO_TIME });
  }
}

const STORED: EnrolmentResult = { result: 'stored', reference: { referenceId: 'new', subject: 'ada' } };

function enrolment() {
  const clock = new VirtualClock();
  const random = seeded(5);
  const analyzer = new ManualAnalyzer();
  const decisions: Verdict[] = [];
  const failures: ErrorCode[] = [];
  const stored = deferred<EnrolmentResult>();
  const asked = deferred<void>();
  const accepted = deferred<boolean>();
  const recorded = deferred<string>();
  const ended = deferred<void>();
  const received: string[] = [];
  const runner = new SessionRunner(
    REQUEST,
    policyFor(REQUEST.policy),
    {
      send: ({ type }) => void received.push(type),
      sendError: (code, detail) => void received.push(detail === undefined ? code : `${code}: ${detail}`),
      close: (code) => void received.push(`close ${code}`),
    },
    {
      clock,
      analyzer,
      context: BASE_MODELS,
      frameMemory: null,
      log: createLogger({ logLevel: 'silent' }),
      draws: (count) => Array.from({ length: count }, random),
      search: async () => [],
      enrol: () => {
        asked.resolve();
        return stored.promise;
      },
      recordAccept: () => accepted.promise,
      failed: (_request, code) => void failures.push(code),
      async conclude(_request, decision) {
        decisions.push(decision);
        return await recorded.promise;
      },
    },
    () => ended.resolve(),
  );
  runner.start(
    {
      type: 'welcome',
      sessionId: 'one',
      mode: 'enrol',
      policy: REQUEST.policy,
      limits: { maxImageBytes: 1e6, maxImagePixels: 1e6, maxFramesPerSecond: 30, maxSessionMs: 60_000 },
    },
    [],
  );
  let seq = 0;
  const sendFrame = (image = new Uint8Array(8)) => {
    clock.advance(40);
    runner.receive({ type: 'frame', seq: seq++, capturedAtMs: clock.nowMs(), image });
  };
  return {
    accepted,
    analyzer,
    asked: asked.promise,
    decisions,
    ended: ended.promise,
    failures,
    received,
    recorded,
    runner,
    sendFrame,
    stored,
  };
}

describe('a picture that cannot be read', () => {
  it('is told with the name of its format, where that is known', () => {
    const { analyzer, received, sendFrame } = enrolment();
    for (const start of ['\0\0\0\x18ftypheic', '\xff\xd8\xff\xda', 'GIF89a']) {
      sendFrame(Buffer.from(start.padEnd(32, '\0'), 'latin1'));
      analyzer.giveTurn(false);
    }
    expect(received.filter((heard) => heard.startsWith('frame.'))).toEqual([
      'frame.undecodable: Its format is HEIC.',
      'frame.undecodable',
      'frame.undecodable: Its format is GIF.',
    ]);
  });
});

describe('a client that leaves while its reference is being stored', () => {
  it('is decided by the store’s answer, even if one of its frames still waits for a turn', async () => {
    const { accepted, analyzer, asked, decisions, ended, recorded, runner, sendFrame, stored } = enrolment();
    accepted.resolve(true);
    recorded.resolve('token');
    for (let i = 0; i < 24; i++) {
      sendFrame();
      analyzer.giveTurn();
    }
    await asked;
    sendFrame();
    expect(analyzer.queueDepth).toBe(1);
    runner.disconnected();
    analyzer.giveTurn();
    stored.resolve(STORED);
    await ended;
    expect(decisions).toMatchObject([{ outcome: 'accept', subject: 'ada' }]);
  });
});

/** Whether anything still refers to the object that `make` returned. */
async function isKept(make: () => object): Promise<boolean> {
  const made = new WeakRef(make());
  // The target of a weak reference stays alive until the end of the turn of the event loop that created it.
  await nextTurn();
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return made.deref() !== undefined;
}

describe('frames that arrive while a decision is being recorded', () => {
  it('R28: are released at once, get no turn and no answer, and change nothing', async () => {
    const { accepted, analyzer, asked, decisions, ended, received, recorded, sendFrame, stored } =
      enrolment();
    accepted.resolve(true);
    const frame = () => {
      const image = new Uint8Array(100_000);
      sendFrame(image);
      return image.buffer;
    };
    expect(await isKept(frame)).toBe(true);
    for (let i = 0; i < 24; i++) {
      analyzer.giveTurn();
      sendFrame();
    }
    analyzer.giveTurn();
    await asked;
    stored.resolve(STORED);
    await nextTurn();
    expect(decisions).toMatchObject([{ outcome: 'accept' }]);
    const before = received.length;
    // The first frame has credit, the others have none.
    for (let sent = 0; sent < 3; sent++) expect(await isKept(frame)).toBe(false);
    expect(analyzer.queueDepth).toBe(0);
    expect(received).toHaveLength(before);
    recorded.resolve('token');
    await ended;
    expect(received.slice(before)).toEqual(['decision', 'close null']);
    expect(decisions).toHaveLength(1);
  });
});

/** A session whose reference is stored and whose accept is being recorded. */
async function confirming() {
  const session = enrolment();
  for (let i = 0; i < 24; i++) {
    session.sendFrame();
    session.analyzer.giveTurn();
  }
  await session.asked;
  session.stored.resolve(STORED);
  await nextTurn();
  return session;
}

/** A session whose accept is on record and not signed yet. */
async function concluding() {
  const session = await confirming();
  session.accepted.resolve(true);
  await nextTurn();
  expect(session.decisions).toHaveLength(1);
  return session;
}

describe('a session has exactly one end', () => {
  it.each([
    ['is cut off for breaking a rule', 'message.malformed', 'message.malformed'],
    ['reads too slowly', 'client.slow', 'client.slow'],
    ['is gone by itself', null, null],
  ] as const)('whose client %s', async (_, code, failure) => {
    const { decisions, ended, failures, recorded, runner, sendFrame } = enrolment();
    recorded.resolve('token');
    sendFrame();
    runner.disconnected(code);
    await ended;
    runner.disconnected(code);
    runner.abort('server.internal');
    expect([failures, decisions.length]).toEqual(failure === null ? [[], 1] : [[failure], 0]);
  });

  it('when a frame breaks a rule: it is closed with that rule’s code', async () => {
    const { decisions, ended, failures, received, runner, sendFrame } = enrolment();
    sendFrame();
    runner.receive({ type: 'frame', seq: 0, capturedAtMs: 0, image: new Uint8Array(8) });
    await ended;
    runner.disconnected('frame.out_of_order');
    expect([failures, decisions, received.at(-1)]).toEqual([
      ['frame.out_of_order'],
      [],
      'close frame.out_of_order',
    ]);
  });

  it('when the server aborts it twice', async () => {
    const { ended, failures, runner } = enrolment();
    runner.abort('server.draining');
    runner.abort('server.internal');
    await ended;
    expect(failures).toEqual(['server.draining']);
  });

  it('when its decision is being recorded: that stands, even if the session is aborted meanwhile', async () => {
    const { ended, failures, recorded, runner } = await concluding();
    runner.abort('server.draining');
    await ended;
    runner.disconnected();
    recorded.resolve('token');
    await nextTurn();
    expect(failures).toEqual([]);
  });

  it('when the store rejects its decision: the code that its client was told', async () => {
    const { ended, failures, received, recorded } = await concluding();
    recorded.reject(new StoreError('store.busy'));
    await ended;
    expect([failures, received.at(-1)]).toEqual([['server.internal'], 'close server.internal']);

    const aborted = await concluding();
    aborted.runner.abort('server.draining');
    aborted.recorded.reject(new StoreError('store.unavailable'));
    await nextTurn();
    expect([aborted.failures, aborted.received.at(-1)]).toEqual([
      ['server.draining'],
      'close server.draining',
    ]);
  });

  it('when it is aborted while its accept is recorded: the accept, or the code that its client was told', async () => {
    const stands = await confirming();
    stands.runner.abort('server.draining');
    stands.accepted.resolve(true);
    stands.recorded.resolve('token');
    await nextTurn();
    expect([stands.failures, stands.decisions]).toMatchObject([[], [{ outcome: 'accept', subject: 'ada' }]]);

    const erased = await confirming();
    erased.runner.abort('server.draining');
    erased.accepted.resolve(false);
    await nextTurn();
    expect([erased.failures, erased.decisions]).toEqual([['server.draining'], []]);

    const lost = await confirming();
    lost.accepted.reject(new StoreError('store.unavailable'));
    await lost.ended;
    expect([lost.failures, lost.decisions, lost.received.at(-1)]).toEqual([
      ['server.internal'],
      [],
      'close server.internal',
    ]);
  });

  it('when its reference was erased meanwhile: a refusal without subject', async () => {
    const { accepted, decisions, ended, failures, recorded } = await confirming();
    accepted.resolve(false);
    recorded.resolve('token');
    await ended;
    expect([failures, decisions]).toMatchObject([[], [{ outcome: 're-verify', subject: null }]]);
  });
});
