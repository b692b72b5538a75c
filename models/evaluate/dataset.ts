import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { EvaluateError } from './evaluate-error.ts';
import { entriesOf } from './folder-entries.ts';

/** One image of one identity. */
interface FaceImage {
  /** Index into `identities`. */
  readonly identity: number;
  /** Absolute path. */
  readonly file: string;
  /** `Name/Name_0001.jpg`: the path inside the data folder with forward slashes. */
  readonly name: string;
}

/** Images by identity, in the order of their names: the same folder gives the same set on every machine. */
export interface Dataset {
  readonly identities: readonly string[];
  readonly images: readonly FaceImage[];
}

const IMAGE_FILE = /\.(jpe?g|png|webp)$/i;

/**
 * Reads a folder in LFW's layout: one folder for each identity with its images inside. `limitIdentities` selects that
 * many identities, evenly spaced in the order of names.
 * @throws EvaluateError when the folder cannot be read or has another layout
 */
export async function readDataset(folder: string, limitIdentities = Infinity): Promise<Dataset> {
  const all = await foldersIn(folder);
  const wanted = Math.min(all.length, limitIdentities);
  const identities: string[] = [];
  const images: FaceImage[] = [];
  for (let place = 0; place < wanted; place++) {
    const name = all[Math.floor((place * all.length) / wanted)];
    const files = (await entriesOf(path.join(folder, name))).files.filter((file) => IMAGE_FILE.test(file));
    if (files.length === 0) continue;
    for (const file of files) {
      images.push({
        identity: identities.length,
        file: path.resolve(folder, name, file),
        name: `${name}/${file}`,
      });
    }
    identities.push(name);
  }
  if (identities.length < 2) {
    throw new EvaluateError(
      `${folder} holds no folders of pictures, one for each of two or more identities.`,
    );
  }
  return { identities, images };
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  try {
    return (await entriesOf(folder)).folders;
  } catch (error) {
    throw new EvaluateError(
      `${folder} cannot be read: ${error instanceof Error ? error.message : 'unknown'}`,
    );
  }
}

/**
 * Reads a file of `image,cohort` lines; a header line with these two names may come first. `image` is a name such as
 * `Name/Name_0001.jpg`.
 * @returns the cohort by image name
 * @throws EvaluateError for a line of another form
 */
export async function readCohorts(file: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new EvaluateError(`${file} cannot be read.`);
  });
  return parseCohorts(text);
}

/** As `readCohorts`, for the text of the file. */
export function parseCohorts(text: string): ReadonlyMap<string, string> {
  const cohorts = new Map<string, string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const fields = line.split(',').map((field) => field.trim());
    const [image, cohort] = fields;
    if (fields.length !== 2 || image === '' || cohort === '') {
      throw new EvaluateError(`Line ${index + 1} of the cohorts is not "image,cohort".`);
    }
    if (index === 0 && image === 'image' && cohort === 'cohort') continue;
    cohorts.set(image, cohort);
  }
  return cohorts;
}
