import { findRecordings } from '../pad/recordings.ts';
import type { FootageSource } from '../pad/footage.ts';

/** Of the frames of a recording, one in so many is analysed: 12 or 13 a second of a video. */
const EVERY = 2;

export interface LivingRecording {
  /** Path inside the data folder. */
  readonly name: string;
  readonly source: FootageSource;
}

/**
 * The recordings of living people below a folder, at half their rate: the comparison of embeddings, not the gestures,
 * is judged on them. Every other frame that is left gets its embeddings.
 * @throws EvaluateError where the folder cannot be read
 */
export async function livingRecordings(
  folder: string,
): Promise<{ readonly recordings: readonly LivingRecording[]; readonly notices: readonly string[] }> {
  const { recordings, notices } = await findRecordings(folder);
  const living = recordings
    .filter(({ presentation }) => presentation === 'live')
    .map(({ name, source }) => ({ name, source: thinned(source) }));
  return { recordings: living, notices };
}

function thinned({ id, framesPerSecond, pictures }: FootageSource): FootageSource {
  return {
    id: `${id}, one frame in ${EVERY}`,
    framesPerSecond: framesPerSecond / EVERY,
    lookEvery: 2,
    async *pictures() {
      let frame = 0;
      for await (const picture of pictures()) if (frame++ % EVERY === 0) yield picture;
    },
  };
}
