import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { decode, encode } from '@msgpack/msgpack';
import type { ChallengeKind } from '../../protocol/status.ts';
import { packageRoot } from '../../models/package-root.ts';
import { policyFor } from '../../server/policy/built-in.ts';
import { createPerson, SAMPLE_PORTRAITS } from '../../simulator/index.ts';

/** Pictures one after the other, as JPEGs, and how long each is shown. */
export interface Clip {
  readonly frames: readonly Uint8Array[];
  readonly frameMs: number;
}

/** A person on file: doing nothing for a while, and doing what each challenge asks for, each time in another way. */
export interface Person {
  readonly idle: Clip;
  readonly answers: Readonly<Partial<Record<ChallengeKind, readonly Clip[]>>>;
}

/** Two people who do not resemble each other. */
export interface Bank {
  readonly ada: Person;
  readonly grace: Person;
}

export interface BankOptions {
  readonly policy: string;
  readonly framesPerSecond: number;
  /** How long nothing happens before it begins again; longer than a session, or it is known for a loop. */
  readonly idleMs?: number;
  /** Ways to do what a challenge asks for: one that comes twice must not be answered by the same movement. */
  readonly ways?: number;
}

const SIMULATOR_CODE = fileURLToPath(new URL('../../simulator', import.meta.url));
const IDLE_MS = 16_000;
/** One more than the challenges that a session draws: an answer that was not seen is given again. */
const WAYS = 5;
const CLIP_MARGIN_MS = 80;
/** Time between two performances: whatever a person does lasts less. */
const APART_MS = 8_000;

/**
 * Returns the file of the bank for these options. Draws it first where it is not there yet, some 25 ms a frame. It is
 * kept until the simulator's code changes. A load generator that drew its people while it runs would limit the load.
 */
export async function prepareBank(options: BankOptions): Promise<string> {
  const folder = path.join(packageRoot(), 'node_modules', '.cache', 'veriframe');
  const file = path.join(folder, `people-${await fingerprint(options)}.msgpack`);
  if ((await readFile(file).catch(() => null)) !== null) return file;
  const bank: Bank = {
    ada: await drawPerson('first', 31, options),
    // Found out by her face before she has much to do.
    grace: await drawPerson('third', 32, { ...options, idleMs: (options.idleMs ?? IDLE_MS) / 2, ways: 1 }),
  };
  await mkdir(folder, { recursive: true });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, encode(bank));
  await rename(draft, file);
  return file;
}

export async function loadBank(file: string): Promise<Bank> {
  // Written by `prepareBank`, under a name that says what is in it.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return decode(await readFile(file)) as Bank;
}

async function drawPerson(
  portrait: keyof typeof SAMPLE_PORTRAITS,
  seed: number,
  { policy, framesPerSecond: fps, idleMs = IDLE_MS, ways = WAYS }: BankOptions,
): Promise<Person> {
  // One who hardly sways: clips that are cut together must not jump by so much that it shows.
  const person = await createPerson({ portrait: SAMPLE_PORTRAITS[portrait], seed, manner: 'calm' });
  const clip = async (fromMs: number, toMs: number): Promise<Clip> => {
    const frames: Uint8Array[] = [];
    for (let atMs = fromMs; atMs < toMs; atMs += 1000 / fps) frames.push(await person.frameAt(atMs));
    return { frames, frameMs: 1000 / fps };
  };
  const answers: Partial<Record<ChallengeKind, Clip[]>> = {};
  let nextAtMs = idleMs + APART_MS;
  for (const kind of policyFor(policy).challenges?.pool ?? []) {
    const clips: Clip[] = [];
    for (let way = 0; way < ways; way++, nextAtMs += APART_MS) {
      const { startMs, endMs } = person.perform(kind, nextAtMs);
      clips.push(await clip(startMs - CLIP_MARGIN_MS, endMs + CLIP_MARGIN_MS));
    }
    answers[kind] = clips;
  }
  return { idle: await clip(0, idleMs), answers };
}

async function fingerprint(options: BankOptions): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(options));
  hash.update(JSON.stringify(policyFor(options.policy).challenges?.pool ?? []));
  const names = await readdir(SIMULATOR_CODE, { recursive: true });
  for (const name of names.filter((one) => one.endsWith('.ts')).toSorted())
    hash.update(await readFile(path.join(SIMULATOR_CODE, name)));
  return hash.digest('hex').slice(0, 16);
}
