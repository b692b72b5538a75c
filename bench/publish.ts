import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { updateGenerated } from '../models/evaluate/readme-table.ts';

const CHARTS = 'bench/charts';

/**
 * Writes a report's text into `readme` between its markers, and under it the chart, which is copied from `svg` to
 * `bench/charts/NAME.svg` beside it. Rejects with EvaluateError when the markers are not there.
 */
export async function publish(readme: string, name: string, text: string, svg: string): Promise<void> {
  const picture = `${CHARTS}/${name}.svg`;
  await updateGenerated(readme, name, `${text.trim()}\n\n![${name}](${picture})`);
  const file = path.join(path.dirname(readme), picture);
  await mkdir(path.dirname(file), { recursive: true });
  await copyFile(svg, file);
}
