import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { policyChange } from '../../models/evaluate/pad/policy-change.ts';
import { runReplay } from '../../models/evaluate/pad/replay-command.ts';
import { replayFolder, replayRecord } from '../../models/evaluate/pad/replay.ts';
import { decodeRecording, encodePart } from '../../server/observe/recording-format.ts';
import { openRecorder } from '../../server/observe/recorder.ts';
import type { SessionEvent } from '../../server/session/event.ts';
import { initialState } from '../../server/session/state.ts';
import { transition } from '../../server/session/transition.ts';
import type { Cue } from '../../server/policy/cues.ts';
import type { Embeddings } from '../../server/vision/analysis.ts';
import { BOB } from '../support/analysis-builder.ts';
import { person, preparePeople } from '../support/people.ts';
import { play } from '../support/play.ts';
import { startRealServer } from '../../tools/throwaway-server.ts';
import { SessionDriver, START_MS, type DriverOptions } from '../support/session-driver.ts';
import { photograph, subject } from '../support/subjects.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const AS_RECORDED = { from: 'recorded', change: policyChange([]) } as const;

let parent: string;
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'veriframe-recordings-'));
});
afterAll(() => rm(parent, { recursive: true, force: true }));

const fault = (error: unknown) => {
  throw error;
};

/** Records played sessions one after the other, as the server's runner would. */
async function record(folder: string, drivers: readonly SessionDriver[], maxRecordings = 100) {
  const clock = { nowMs: () => START_MS, wallMs: () => START_MS, wakeAt: () => () => {} };
  for (const { request, policy, context, events } of drivers) {
    const recorder = await openRecorder({ folder, maxRecordings, clock, context, reportFault: fault });
    const watch = recorder.watch(request, policy);
    let state = initialState(request, START_MS);
    for (const event of events) {
      const [next, effects] = transition(state, event, policy, context);
      state = next;
      watch?.stepped(event, state, effects);
    }
    watch?.ended(null);
    await recorder.close();
  }
}

const played = (options: DriverOptions, script = subject()) =>
  new SessionDriver(options).play(script, 70_000);

const recordIn = async (folder: string) => {
  const [name] = await readdir(folder);
  return decodeRecording(await readFile(join(folder, name)));
};

function cosine(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

describe('recorded sessions', () => {
  it('are decided the same when they are replayed, whatever their outcome', async () => {
    const folder = join(parent, 'all');
    const drivers = [
      played({ seed: 1 }),
      played({ seed: 2, mode: 'enrol', policy: 'blink-only' }),
      played({ seed: 3 }, subject({ identity: BOB })),
      played({ seed: 4 }, photograph()),
      played({ seed: 5 }, subject({ answer: () => null })),
    ];
    await record(folder, drivers);
    const sessions = await replayFolder(folder, AS_RECORDED);
    expect(sessions.filter(({ same }) => !same)).toEqual([]);
    const count = (outcomes: readonly unknown[], outcome: string) =>
      outcomes.filter((one) => one === outcome).length;
    for (const outcome of ['accept', 'reject', 're-verify']) {
      const recorded = drivers.map(({ decision }) => decision?.outcome);
      const replayed = sessions.map((session) => session.replayed.outcome);
      expect([outcome, count(replayed, outcome)]).toEqual([outcome, count(recorded, outcome)]);
    }
    expect(new Set(sessions.map(({ replayed }) => replayed.outcome))).toEqual(
      new Set(['accept', 'reject', 're-verify']),
    );
    expect(await runReplay(['--records', folder])).toBe(0);
  });

  it('are decided differently by another threshold', async () => {
    const folder = join(parent, 'changed');
    await record(folder, [played({ seed: 6 })]);
    const one = await recordIn(folder);
    expect(replayRecord(one, AS_RECORDED).outcome).toBe('accept');
    const stricter = { from: 'recorded', change: policyChange(['fusion.accept=0.9999999999']) } as const;
    expect(replayRecord(one, stricter).outcome).not.toBe('accept');
    expect(await runReplay(['--records', folder, '--set', 'fusion.accept=0.9999999999'])).toBe(0);
  });

  it('are reported when the replayed decision differs', async () => {
    const folder = join(parent, 'tampered');
    await record(folder, [played({ seed: 7 })]);
    const { header, events } = await recordIn(folder);
    const [name] = await readdir(folder);
    const end = { type: 'decided', outcome: 'reject', reasons: ['pad-below-bar'] } as const;
    await writeFile(
      join(folder, name),
      Buffer.concat([header, ...events, end].map((part) => encodePart(part))),
    );
    expect((await replayFolder(folder, AS_RECORDED)).map(({ same }) => same)).toEqual([false]);
    expect(await runReplay(['--records', folder])).toBe(1);
  });

  it('of a newer version are read with the reasons and cues that they name, and shown as different', async () => {
    const folder = join(parent, 'newer');
    await record(folder, [played({ seed: 12 }), played({ seed: 13 })]);
    const names = (await readdir(folder)).toSorted();
    const files = await Promise.all(names.map((name) => readFile(join(folder, name))));
    const [reasoned, asking] = files.map(decodeRecording);
    const end = { type: 'decided', outcome: 'reject', reasons: ['voice-contradicted'] } as const;
    const requiredCues = [...asking.header.policy.requiredCues, 'voice'] as Cue[];
    const header = { ...asking.header, policy: { ...asking.header.policy, requiredCues } };
    const parts = [
      [reasoned.header, ...reasoned.events, end],
      [header, ...asking.events, end],
    ];
    for (const [at, name] of names.entries())
      await writeFile(join(folder, name), Buffer.concat(parts[at].map((part) => encodePart(part))));
    const recorded = { outcome: 'reject', reasons: ['voice-contradicted'] };
    expect(await replayFolder(folder, AS_RECORDED)).toMatchObject([
      { recorded, replayed: { outcome: 'accept' }, same: false },
      { recorded, replayed: { outcome: 'undecided', reasons: ['unknown-cue-voice'] }, same: false },
    ]);
    const current = { from: 'current', change: policyChange([]) } as const;
    expect(await replayFolder(folder, current)).toMatchObject([
      { replayed: { outcome: 'accept' } },
      { replayed: { outcome: 'accept' } },
    ]);
    expect(await runReplay(['--records', folder])).toBe(1);
  });

  it('cannot be replayed with a threshold that the policy does not have, or a value of another kind', () => {
    const { policy } = new SessionDriver();
    expect(() => policyChange(['fusion'])).toThrow(/path=value/);
    expect(() => policyChange(['fusion.kindness=1'])(policy)).toThrow(/no fusion.kindness/);
    expect(() => policyChange(['fusion.accept=high'])(policy)).toThrow(/no such value/);
  });

  it('hold no subject, no time of day and no original embedding, but keep every cosine', async () => {
    const folders = [join(parent, 'one'), join(parent, 'other')];
    const driver = played({ seed: 8 });
    for (const folder of folders) await record(folder, [driver]);
    const [one, other] = await Promise.all(folders.map(recordIn));

    const shown = embeddingsIn(driver.events);
    const kept = [one, other].map(({ events }) => embeddingsIn(events));
    expect(kept[0].length).toBe(shown.length);
    for (const model of ['faceres', 'dlib', 'mobilefacenet'] as const) {
      const originals = shown.flatMap((embeddings) => embeddings[model] ?? []);
      const [turned, elsewhere] = kept.map((all) => all.flatMap((embeddings) => embeddings[model] ?? []));
      expect(originals.length).toBeGreaterThan(5);
      for (const [i, original] of originals.entries()) {
        expect(cosine(turned[i], turned[0])).toBeCloseTo(cosine(original, originals[0]), 5);
        expect(Math.abs(cosine(turned[i], original))).toBeLessThan(0.6);
        expect(Math.abs(cosine(turned[i], elsewhere[i]))).toBeLessThan(0.6);
      }
    }
    const [name] = await readdir(folders[0]);
    const bytes = await readFile(join(folders[0], name));
    for (const embeddings of shown) {
      for (const embedding of Object.values(embeddings)) {
        expect(
          bytes.includes(Buffer.from(embedding.buffer, embedding.byteOffset, embedding.byteLength)),
        ).toBe(false);
      }
    }
    expect(bytes.includes('alice')).toBe(false);
    expect(Math.max(...one.events.map(({ atMs }) => atMs))).toBeLessThan(70_000);
  });

  it('are kept in a folder of bounded size, for the operator alone', async () => {
    const folder = join(parent, 'bounded');
    await record(
      folder,
      [9, 10, 11].map((seed) => played({ seed }, photograph())),
      2,
    );
    const names = await readdir(folder);
    expect(names).toHaveLength(2);
    for (const name of names) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  });
});

function embeddingsIn(events: readonly SessionEvent[]): Embeddings[] {
  return events.flatMap((event) => {
    if (event.type === 'references') return event.references.map(({ embeddings }) => embeddings);
    if (event.type !== 'analyzed' || !event.analysis.face.found) return [];
    return event.analysis.face.value.embeddings ?? [];
  });
}

describe('a server that records', () => {
  it('writes what its sessions were decided by, and no image', async ({ onTestFinished }) => {
    const folder = join(parent, 'server');
    const clock = new VirtualClock();
    const env = { VERIFRAME_RECORD_SESSIONS_TO: folder };
    const { ada } = await preparePeople();
    const living = await person(ada, 1);
    const server = await startRealServer({ transport: 'ws', clock, seed: 5, env });
    onTestFinished(() => server.close());
    const pictures: Buffer[] = [];
    const presenter = {
      async frameAt(atMs: number) {
        const picture = await living.frameAt(atMs);
        pictures.push(picture);
        return picture;
      },
    };
    const enrolment = { mode: 'enrol', policy: 'attended', subject: 'ada', presenter } as const;
    const { decision } = await play(server, clock, {
      ...enrolment,
      framesPerSecond: 5,
      maxMs: 1_500,
    });
    await server.close();
    expect(decision.outcome).toBe('accept');

    const sessions = await replayFolder(folder, AS_RECORDED);
    expect(sessions).toMatchObject([{ same: true, replayed: { outcome: 'accept' } }]);
    const stricter = { from: 'recorded', change: policyChange(['enrol.minFrames=20']) } as const;
    expect(await replayFolder(folder, stricter)).toMatchObject([{ replayed: { outcome: 're-verify' } }]);

    const [name] = await readdir(folder);
    const bytes = await readFile(join(folder, name));
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    for (const picture of pictures) {
      for (let at = 0; at + 64 <= picture.length; at += 512) {
        expect(bytes.includes(picture.subarray(at, at + 64))).toBe(false);
      }
    }
  });
});
