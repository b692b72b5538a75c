import { readFileSync } from 'node:fs';
import { encode } from '@msgpack/msgpack';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeDownstream, decodeUpstream, encodeMessage } from '../../protocol/codec.ts';
import { ERRORS, type ErrorCode, VeriframeError } from '../../protocol/errors.ts';
import { OUTCOMES } from '../../protocol/status.ts';
import { DEPTH_SIDES } from '../../protocol/depth-image.ts';
import type { Upstream } from '../../protocol/upstream.ts';
import { Capacity } from '../../server/sessions/capacity.ts';
import { POLICY_NAMES, serves } from '../../server/policy/built-in.ts';
import { ClientConnection } from '../../server/gateway/connection.ts';
import type { Connection } from '../../server/gateway/transport.ts';
import { createTickets } from '../../server/identity/tickets.ts';
import { createLogger } from '../../server/observe/log.ts';
import { SessionRegistry } from '../../server/sessions/registry.ts';
import { SimulatedPool } from '../chaos/support/simulated-pool.ts';
import { ALICE, BOB, embeddingsOf, seeded } from '../support/analysis-builder.ts';
import { ALL_MODELS } from '../support/session-driver.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { effort } from './effort.ts';

const CORPUS = JSON.parse(
  readFileSync(new URL('corpus/messages.json', import.meta.url), 'utf8'),
) as readonly {
  readonly what: string;
  readonly code: string;
  readonly hex: string;
}[];
const DOCUMENTED = ['accepted', 'message.malformed', 'message.unknown_type', 'message.invalid'];

function codeOf(bytes: Uint8Array): string {
  try {
    decodeUpstream(bytes);
  } catch (error) {
    if (error instanceof VeriframeError) return error.code;
    throw error;
  }
  return 'accepted';
}

/** Cut, doubled, overwritten or spliced with another message of the corpus: what mutation fuzzers do. */
const mutants = fc
  .record({
    seed: fc.constantFrom(...CORPUS.map(({ hex }) => Buffer.from(hex, 'hex'))),
    other: fc.constantFrom(...CORPUS.map(({ hex }) => Buffer.from(hex, 'hex'))),
    edits: fc.array(
      fc.record({
        at: fc.nat(600),
        value: fc.nat(255),
        how: fc.constantFrom('set', 'cut', 'insert', 'splice'),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  })
  .map(({ seed, other, edits }) =>
    edits.reduce<Buffer>((bytes, { at, value, how }) => {
      const place = bytes.length === 0 ? 0 : at % bytes.length;
      const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)];
      if (how === 'cut') return Buffer.concat([before, after.subarray(1 + (value % 8))]);
      if (how === 'insert') return Buffer.concat([before, Buffer.from([value]), after]);
      if (how === 'splice') return Buffer.concat([before, other.subarray(value % (other.length + 1))]);
      const changed = Buffer.from(bytes);
      if (place < changed.length) changed[place] = value;
      return changed;
    }, seed),
  );

describe('hostile messages', () => {
  it.each(CORPUS)('end as they should: $what', ({ hex, code }) => {
    expect(codeOf(Buffer.from(hex, 'hex'))).toBe(code);
  });

  it('are decoded or refused with a documented code, however those of the corpus are mutated', () => {
    const read = new Set<string>();
    fc.assert(
      fc.property(mutants, (bytes) => {
        const code = codeOf(bytes);
        expect(DOCUMENTED).toContain(code);
        read.add(code);
      }),
      effort(4000),
    );
    expect([...read].toSorted()).toEqual(DOCUMENTED.toSorted());
  });

  it('never make a prototype, whatever their keys', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString'),
        fc.jsonValue(),
        (key, value) => {
          const bytes = encode(
            Object.fromEntries([
              ['type', 'skip'],
              [key, value],
            ]),
          );
          if (codeOf(bytes) === 'accepted') expect(decodeUpstream(bytes)).toEqual({ type: 'skip' });
          expect(Object.getPrototypeOf({})).toBe(Object.prototype);
          expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
        },
      ),
      effort(200),
    );
  });
});

/** A socket that keeps what it was told. */
class FakeSocket implements Connection {
  readonly id = 1;
  readonly remoteAddress = '127.0.0.1';
  readonly subprotocol = 'veriframe.v1';
  readonly bufferedBytes = 0;
  readonly heard: ReturnType<typeof decodeDownstream>[] = [];
  closeCode: number | null = null;

  get open(): boolean {
    return this.closeCode === null;
  }

  send(bytes: Uint8Array): void {
    if (this.open) this.heard.push(decodeDownstream(new Uint8Array(bytes)));
  }

  close(code: number): void {
    this.closeCode ??= code;
  }
}

const number = (...special: readonly number[]) => fc.oneof(fc.constantFrom(...special), fc.nat(2000));
const side = fc.constantFrom(DEPTH_SIDES.min, 17, 32, 64);
const depth = fc
  .tuple(side, side, fc.nat(255))
  .map(([width, height, fill]) => ({ width, height, data: new Uint8Array(2 * width * height).fill(fill) }));
const sentFrame = fc.record(
  {
    type: fc.constant('frame' as const),
    seq: number(0, 1, Number.MAX_SAFE_INTEGER),
    capturedAtMs: fc.oneof(
      fc.constantFrom(0, 1e-300, Number.MAX_SAFE_INTEGER),
      fc.double({ min: 0, max: 1e9, noNaN: true }),
    ),
    shown: fc.integer({ min: 1, max: 1024 }),
    depth,
  },
  { requiredKeys: ['type', 'seq', 'capturedAtMs'] },
);
/** As a sensor would never send it. */
const brokenFrame = fc.record({
  type: fc.constant('frame' as const),
  seq: number(0, -1, 0.5, Number.MAX_SAFE_INTEGER),
  capturedAtMs: fc.constantFrom(0, -1, Number.NaN, Infinity),
  shown: fc.constantFrom(1, 0, 1025, 0.5),
  depth: fc.tuple(side, fc.constantFrom(0, -16, 16, 1025)).map(([width, height]) => ({
    width,
    height,
    data: new Uint8Array(512),
  })),
});
/** What a client may do: mostly frames in order, so that sessions get somewhere, and all else that it can think of. */
const framesOf = (frame: fc.Arbitrary<object>, inOrder: boolean) =>
  fc.record({
    do: fc.constant('frame' as const),
    frame,
    inOrder: fc.constant(inOrder),
    times: fc.constant(1),
  });
const deed = fc.oneof(
  { weight: 120, arbitrary: framesOf(sentFrame, true) },
  { weight: 1, arbitrary: framesOf(sentFrame, false) },
  { weight: 1, arbitrary: framesOf(brokenFrame, false) },
  { weight: 1, arbitrary: framesOf(sentFrame, true).map((one) => ({ ...one, times: 80 })) },
  { weight: 4, arbitrary: fc.constant({ do: 'skip' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('bytes' as const), bytes: mutants }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('bye' as const),
      reason: fc.constantFrom('cancelled', 'source-ended', 'error'),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(1, 40, 40, 40, 1000, 20_000),
    }),
  },
);
const hellos = fc.record(
  {
    flash: fc.boolean(),
    camera: fc.record({ label: fc.string({ maxLength: 100 }) }),
    client: fc.string({ maxLength: 100 }),
  },
  { requiredKeys: [] },
);

describe('a hostile client', () => {
  it('is never taken for the subject, costs no fault, and leaves nothing behind, whatever it sends', async () => {
    const policies = POLICY_NAMES.filter((name) => serves(name, 'verify'));
    const ends = new Set<string>();
    const outcomes = new Set<string>();
    const endedWith = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...policies),
        hellos,
        fc.array(deed, { minLength: 5, maxLength: 120 }),
        async (policy, offers, deeds) => {
          const clock = new VirtualClock();
          const random = seeded(3);
          const faults: unknown[] = [];
          let begun = 0;
          const endings: string[] = [];
          const tickets = createTickets({ clock, lifetimeMs: 60_000, maxOutstanding: 10 });
          const pool = new SimulatedPool({
            clock,
            workers: 1,
            frameMs: () => 5,
            random,
            lookOf: () => ({ identity: BOB }),
            fateOf: () => 'analysed',
          });
          const registry = new SessionRegistry({
            tickets,
            attempts: { refusal: () => null, begin: async () => void begun++ },
            references: {
              ofSubject: async () => [
                {
                  referenceId: 'r',
                  tenant: 't',
                  subject: 'alice',
                  createdAtMs: 0,
                  embeddings: embeddingsOf(ALICE, 0.3, seeded(9)),
                },
              ],
            },
            directory: { started: () => undefined, ended: () => undefined },
            limits: { maxImageBytes: 65_536, maxImagePixels: 1e6, maxFramesPerSecond: 60 },
            maxSessions: 10,
            capacity: new Capacity(clock, () => 1),
            services: {
              clock,
              analyzer: pool,
              context: ALL_MODELS,
              frameMemory: null,
              log: createLogger({ logLevel: 'silent' }),
              draws: (count) => Array.from({ length: count }, random),
              search: async () => [],
              enrol: async () => ({ result: 'failed' }),
              recordAccept: async () => true,
              conclude: async (_request, { outcome }) => {
                endings.push(outcome);
                return 'token';
              },
              failed: (_request, code) => void endings.push(code),
            },
          });
          const { ticket } = tickets.issue({
            sessionId: 's',
            tenant: 't',
            mode: 'verify',
            subject: 'alice',
            policy,
            audience: null,
            nonce: null,
            createdAtMs: clock.nowMs(),
          });
          const socket = new FakeSocket();
          const client = new ClientConnection(socket, {
            host: registry,
            clock,
            limits: {
              maxImageBytes: 65_536,
              maxFramesPerSecond: 60,
              helloTimeoutMs: 5000,
              maxUnsentBytes: 1e6,
            },
            reportFault: (fault) => faults.push(fault),
          });
          const settle = async () => {
            for (let turns = 0; turns < 4; turns++) await Promise.resolve();
          };
          const say = (message: object) =>
            client.message(new Uint8Array(encodeMessage(message as Upstream)), true);
          say({ type: 'hello', ticket, ...offers });
          await settle();
          let seq = 0;
          for (const one of deeds) {
            if (one.do === 'frame')
              for (let sent = 0; sent < one.times; sent++)
                say({ ...one.frame, image: new Uint8Array(8), ...(one.inOrder ? { seq: seq++ } : {}) });
            if (one.do === 'skip') say({ type: 'skip' });
            if (one.do === 'bye') say({ type: 'bye', reason: one.reason });
            if (one.do === 'bytes') client.message(new Uint8Array(one.bytes), true);
            clock.advance(one.do === 'wait' ? one.ms : 20);
            await settle();
          }
          client.closed(socket.closeCode ?? 1006);
          for (let waited = 0; waited < 90; waited++) {
            clock.advance(1000);
            await settle();
          }
          for (const heard of socket.heard) {
            if (heard.type === 'decision') outcomes.add(heard.outcome);
            if (heard.type === 'error') {
              ends.add(heard.code);
              expect(heard.code).not.toBe('server.internal');
              expect(Object.keys(ERRORS)).toContain(heard.code);
            }
          }
          expect(faults).toEqual([]);
          expect([begun, endings.length]).toEqual([1, 1]);
          const [ending] = endings;
          const told = socket.heard.map((heard) => (heard.type === 'error' ? heard.code : ''));
          expect([
            ending,
            (OUTCOMES as readonly string[]).includes(ending) || told.includes(ending as ErrorCode),
          ]).toEqual([ending, true]);
          endedWith.add(ending);
          expect(outcomes).not.toContain('accept');
          expect([registry.openSessions, pool.queueDepth, clock.pending]).toEqual([0, 0, 0]);
        },
      ),
      effort(100),
    );
    for (const code of ['frame.no_credit', 'frame.out_of_order', 'message.invalid', 'skip.not_allowed'])
      expect(ends).toContain(code);
    for (const ending of ['frame.no_credit', 'frame.out_of_order', 'message.invalid', 're-verify'])
      expect([ending, endedWith.has(ending)]).toEqual([ending, true]);
    expect(outcomes.size).toBeGreaterThan(0);
  });
});
