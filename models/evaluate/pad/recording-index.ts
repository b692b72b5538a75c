import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** Columns: `file`, a path relative to the data folder, and `person`. Other columns may state the true frame rate. */
const INDEX_FILE = 'INDEX.tsv';
/** Matches statements such as `really about 7 fps` and `10 distinct fps`. */
const TRUE_RATE = /\b(?:really|truly) about (\d+)|\b(\d+) distinct fps/i;

export interface Indexed {
  readonly person: string;
  /** Null where the index does not state it. */
  readonly trueFramesPerSecond: number | null;
}

/** Reads which person is in which recording, where an index file beside the recordings states it. */
export async function readIndexes(folder: string): Promise<ReadonlyMap<string, Indexed>> {
  const indexed = new Map<string, Indexed>();
  const found = (await readdir(folder, { recursive: true })).filter(
    (name) => path.basename(name) === INDEX_FILE,
  );
  for (const name of found) {
    const [head = '', ...lines] = (await readFile(path.join(folder, name), 'utf8')).split(/\r?\n/);
    const columns = head.split('\t');
    const [file, person] = [columns.indexOf('file'), columns.indexOf('person')];
    if (file < 0 || person < 0) continue;
    for (const line of lines) {
      const cells = line.split('\t');
      if (!cells[file] || !cells[person]) continue;
      const rate = TRUE_RATE.exec(line);
      const trueFramesPerSecond = rate === null ? null : Number(rate[1] ?? rate[2]);
      indexed.set(cells[file], { person: cells[person], trueFramesPerSecond });
    }
  }
  return indexed;
}
