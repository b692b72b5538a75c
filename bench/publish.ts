import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { updateGenerated } from '../models/evaluate/readme-table.ts';

const CHARTS = 'charts';

/**
 * Writes a report's text into `document` between its markers, followed by the chart, which is copied from `svg` to
 * `charts/NAME.svg` beside the document. Rejects with EvaluateError when the markers are missing.
 */
export async function publish(document: string, name: string, text: string, svg: string): Promise<void> {
  const picture = `${CHARTS}/${name}.svg`;
  await updateGenerated(document, name, `${text.trim()}\n\n![${name}](${picture})`);
  const file = path.join(path.dirname(document), picture);
  await mkdir(path.dirname(file), { recursive: true });
  await copyFile(svg, file);
}
