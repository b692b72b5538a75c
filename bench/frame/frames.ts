import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { createPerson, SAMPLE_PORTRAITS } from '../../simulator/index.ts';

/** Time between frames of a common webcam. */
export const FRAME_MS = 40;

export interface FrameSet {
  /** Where the frames come from; for the report. */
  readonly source: string;
  /** Encoded images in the order in which the camera took them. */
  readonly frames: readonly Buffer[];
}

/** A subject who sways, blinks, turns and smiles before a 640 × 480 camera. The bytes are the same on every machine. */
export async function drawnFrames(count: number): Promise<FrameSet> {
  const person = await createPerson({ portrait: SAMPLE_PORTRAITS.first, seed: 5 });
  for (let atMs = 0; atMs < count * FRAME_MS; atMs += 4_000) {
    person.perform('turn-left', atMs);
    person.perform('smile', atMs + 2_000);
  }
  const frames: Buffer[] = [];
  for (let i = 0; i < count; i++) frames.push(await person.frameAt(i * FRAME_MS));
  return { source: 'a moving head drawn from a sample photo, 640 × 480 JPEG', frames };
}

/** The first `count` images of a folder in the order of names. Rejects when there is none. */
export async function framesFrom(folder: string, count: number): Promise<FrameSet> {
  const names = (await readdir(folder, { recursive: true }))
    .filter((name) => /\.(jpe?g|png|webp)$/i.test(name))
    .toSorted()
    .slice(0, count);
  if (names.length === 0) throw new Error(`There is no JPEG, PNG or WebP picture in ${folder}.`);
  return {
    source: folder,
    frames: await Promise.all(names.map((name) => readFile(path.join(folder, name)))),
  };
}
