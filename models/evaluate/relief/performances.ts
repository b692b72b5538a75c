import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import {
  ADAPTIVE_EGGS,
  DepthHead,
  Egg,
  FlatPuppet,
  MANNERS,
  Person,
  PERSON_PORTRAITS,
  preparePortrait,
  type Manner,
  type Portrait,
  type Presenter,
} from '../../../simulator/index.ts';
import { findRecordings } from '../pad/recordings.ts';
import { hash32 } from '../../../simulator/seeded.ts';
import { readIndexes } from '../pad/recording-index.ts';

/** Something that turns and nods before a camera. */
export interface Performance {
  /** What it is, as the report groups it. */
  readonly species: string;
  readonly name: string;
  /** The person or the photograph: halves are split by it. */
  readonly of: string;
  readonly framesPerSecond: number;
  readonly pictures: () => AsyncIterable<Buffer>;
}

const FRAMES_PER_SECOND = 12.5;
/** A turn, then a nod. */
const ASKED_AT_MS = [700, 3_000] as const;
const SHOWN_MS = 5_000;

/** Recordings below a folder; each second picture of those with more than 20 a second. */
export async function* recorded(folder: string): AsyncGenerator<Performance> {
  const { recordings } = await findRecordings(folder);
  const indexed = await readIndexes(folder);
  for (const { name, presentation, source } of recordings) {
    const step = source.framesPerSecond > 20 ? 2 : 1;
    yield {
      species: presentation === 'live' ? 'living' : presentation,
      name,
      of: indexed.get(name)?.person ?? name,
      framesPerSecond: source.framesPerSecond / step,
      pictures: () => everyNth(source.pictures(), step),
    };
  }
}

/** Photographs turned as eggs and warped as heads, and drawn people. */
export async function* simulated(folder: string, photos: number): AsyncGenerator<Performance> {
  for (const [name, source] of Object.entries(PERSON_PORTRAITS)) {
    const portrait = await preparePortrait(source);
    for (const manner of Object.keys(MANNERS) as Manner[])
      yield turning(`drawn person, ${manner}`, name, new Person(portrait, { seed: 7, manner }));
  }
  for await (const [name, portrait] of photographs(folder, photos)) yield* warped(name, portrait, '');
}

/** One photograph, turned and nodded in all ways. */
export function* warped(name: string, portrait: Portrait, suffix: string): Generator<Performance> {
  yield turning(`egg${suffix}`, name, new Egg(portrait, { seed: 7 }));
  for (const [variant, options] of Object.entries(ADAPTIVE_EGGS))
    yield turning(`egg, ${variant}${suffix}`, name, new Egg(portrait, { ...options, seed: 7 }));
  yield turning(`flat puppet${suffix}`, name, new FlatPuppet(portrait, { seed: 7 }));
  yield turning(`head with depth${suffix}`, name, new DepthHead(portrait, 7));
}

async function* photographs(folder: string, photos: number): AsyncGenerator<readonly [string, Portrait]> {
  const root = path.join(folder, 'lfw-dev');
  const names = existsSync(root) ? readdirSync(root).toSorted() : [];
  const every = Math.max(1, Math.floor(names.length / (photos + photos / 4)));
  let found = 0;
  for (let i = Math.floor(every / 2); i < names.length && found < photos; i += every) {
    const image = path.join(root, names[i], `${names[i]}_0001.jpg`);
    // A photograph in which the detector finds no face cannot be used.
    const portrait = await preparePortrait({ image }).catch(() => null);
    if (portrait === null) continue;
    found++;
    yield [names[i], portrait];
  }
}

function turning(species: string, name: string, presenter: Presenter): Performance {
  // To either side, and up or down: which one is left to the name.
  const way = hash32(...Buffer.from(name));
  const kinds = [way % 4 < 2 ? 'turn-left' : 'turn-right', way % 8 < 4 ? 'look-down' : 'look-up'] as const;
  return {
    species,
    name,
    of: name,
    framesPerSecond: FRAMES_PER_SECOND,
    async *pictures() {
      let asked = 0;
      for (let atMs = 0; atMs < SHOWN_MS; atMs += 1000 / FRAMES_PER_SECOND) {
        if (atMs >= (ASKED_AT_MS[asked] ?? Infinity)) {
          const kind = kinds[asked++];
          const challenge = { kind, number: asked, of: 2, remainingMs: 4_000, skippable: false } as const;
          presenter.onStatus?.({ phase: 'challenging', progress: 0, challenge }, atMs);
        }
        yield await presenter.frameAt(atMs);
      }
    },
  };
}

async function* everyNth(pictures: AsyncIterable<Buffer>, step: number): AsyncGenerator<Buffer> {
  let index = 0;
  for await (const picture of pictures) if (index++ % step === 0) yield picture;
}
