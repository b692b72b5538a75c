import path from 'node:path';
import type { Reference } from '../../../server/matching/reference.ts';
import { headPose } from '../../../server/vision/pose.ts';
import { PERSON_PORTRAITS, preparePortrait, stillPhoto, type Portrait } from '../../../simulator/index.ts';
import { hash32 } from '../../../simulator/seeded.ts';
import { sha256 } from '../../file-stamp.ts';
import type { PreparedModels } from '../../prepared.ts';
import { EvaluateError } from '../evaluate-error.ts';
import { entriesOf } from '../folder-entries.ts';
import { choosePeople, type DrawnPerson } from './bona-fide/portraits.ts';
import { lookAt } from './live-picture.ts';
import { referenceFrom, type Stage } from './session-kinds.ts';

/** Somebody of whom an attacker has one photograph. */
export type Victim = Pick<DrawnPerson, 'name' | 'portrait' | 'seed'>;

/** Finds the victims when they are first needed: laying out a photograph takes a while. */
export type Victims = () => Promise<readonly Victim[]>;

interface VictimsOptions {
  /** Laid out as Name/Name_0001.jpg; null: the sample portraits. */
  readonly folder: string | null;
  readonly wanted: number;
  readonly models: PreparedModels['models'];
}

/** Victims from a folder of photographs, each with one face from the front, or from the sample portraits. */
export function victimsFrom({ folder, wanted, models }: VictimsOptions): Victims {
  let found: Promise<readonly Victim[]> | null = null;
  const find = async (): Promise<readonly Victim[]> => {
    if (folder === null) return await samples(wanted);
    const { people } = await choosePeople(folder, wanted, models, 'photograph');
    if (people.length === 0) throw new EvaluateError(`${folder} holds no photograph to attack.`);
    return people;
  };
  return () => (found ??= find());
}

/** Somebody of whom an attacker has several photographs; `portrait` is the straightest of them. */
export interface Album extends Victim {
  readonly portraits: readonly Portrait[];
}

/** Finds the albums when they are first needed; none without a folder of photographs. */
export type Albums = () => Promise<readonly Album[]>;

/** Fewer photographs of one person hardly answer anything. */
const FEWEST_PICTURES = 4;

/** People of whom the folder holds several photographs with a face, names in the order of their SHA-256. */
export function albumsFrom({ folder, wanted }: Omit<VictimsOptions, 'models'>): Albums {
  let found: Promise<readonly Album[]> | null = null;
  const find = async (): Promise<readonly Album[]> => {
    if (folder === null) return [];
    const order = (name: string) => sha256(Buffer.from(name));
    const names = (await entriesOf(folder)).folders.toSorted((a, b) => (order(a) < order(b) ? -1 : 1));
    const albums: Album[] = [];
    for (const name of names) {
      if (albums.length >= wanted) break;
      const { files: all } = await entriesOf(path.join(folder, name)).catch(() => ({ files: [] }));
      const files = all.filter((file) => PICTURE.test(file));
      if (files.length < FEWEST_PICTURES) continue;
      const laidOut = await Promise.all(
        files.map((file) => preparePortrait({ image: path.join(folder, name, file) }).catch(() => null)),
      );
      const portraits = laidOut.filter((portrait) => portrait !== null);
      const yawOf = ({ landmarks }: Portrait) => Math.abs(headPose(landmarks).yawDeg);
      const [portrait] = portraits.toSorted((a, b) => yawOf(a) - yawOf(b));
      if (portraits.length < FEWEST_PICTURES) continue;
      albums.push({ name, portrait, portraits, seed: hash32(...Buffer.from(name)) });
    }
    return albums;
  };
  return () => (found ??= find());
}

const PICTURE = /\.(jpe?g|png|webp)$/i;

async function samples(wanted: number): Promise<readonly Victim[]> {
  return await Promise.all(
    Object.entries(PERSON_PORTRAITS)
      .slice(0, wanted)
      .map(async ([name, source], i) => ({ name, portrait: await preparePortrait(source), seed: 301 + i })),
  );
}

const REFERENCE_PICTURES = 3;
const EVERYTHING = { embeddings: true, pad: false, countFaces: false } as const;

/**
 * The victim's reference, made of the very photograph that is attacked: no attack is refused for a bad likeness.
 * @throws EvaluateError when the server sees no face in it
 */
export async function victimReference(
  { name, portrait, seed }: Victim,
  { openAnalyzer }: Pick<Stage, 'openAnalyzer'>,
): Promise<Reference> {
  return await portraitReference(name, portrait, hash32(seed, 9), await openAnalyzer());
}

/** A reference of what a portrait shows, as a camera takes it. */
async function portraitReference(
  name: string,
  portrait: Portrait,
  seed: number,
  analyzer: Parameters<typeof lookAt>[1],
): Promise<Reference> {
  const photo = stillPhoto(portrait, seed);
  const frames = [];
  for (let i = 0; i < REFERENCE_PICTURES; i++) {
    const analysis = await lookAt(() => photo.frameAt(40 * i), analyzer)(null, EVERYTHING, []);
    if (analysis !== null) frames.push(analysis);
  }
  const reference = referenceFrom(frames, name);
  if (reference === null) throw new EvaluateError(`The photograph of ${name} gives no reference.`);
  return reference;
}
