import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { replaceGenerated } from '../models/evaluate/readme-table.ts';
import { packageRoot } from '../models/package-root.ts';
import { browserErrorTable, errorTable, kioskErrorTable, storeErrorTable } from './docs/errors.ts';
import { hintTable } from './docs/hints.ts';
import { operationTable } from './docs/http-api.ts';
import { downstreamTable, upstreamTable } from './docs/messages.ts';
import { metricsTable } from './docs/metrics.ts';
import { modelTable } from './docs/models.ts';
import { policyTable, thresholdTable } from './docs/policies.ts';
import { reasonTable } from './docs/reasons.ts';
import { settingsTable } from './docs/settings.ts';
import { limitsDocument } from './limits.ts';

type Blocks = Readonly<Record<string, () => string | Promise<string>>>;

/** The generated tables, by document and by the name of their markers. */
export const GENERATED: Readonly<Record<string, Blocks>> = {
  'docs/http-api.md': { operations: operationTable },
  'docs/models.md': { models: modelTable },
  'docs/operate.md': { settings: settingsTable, metrics: metricsTable },
  'docs/policies.md': { policies: policyTable, thresholds: thresholdTable },
  'protocol/SPEC.md': { upstream: upstreamTable, downstream: downstreamTable },
  'docs/troubleshoot.md': {
    hints: hintTable,
    reasons: reasonTable,
    errors: errorTable,
    'browser-errors': browserErrorTable,
    'kiosk-errors': kioskErrorTable,
    'store-errors': storeErrorTable,
  },
};

/**
 * The document with its generated tables up to date.
 * @throws EvaluateError where its markers are missing
 */
export async function withTables(document: string, text: string): Promise<string> {
  let now = text;
  for (const [name, make] of Object.entries(GENERATED[document] ?? {}))
    now = replaceGenerated(now, name, await make());
  return now;
}

async function main(): Promise<void> {
  const write = (document: string, text: string) => writeFile(join(packageRoot(), document), text);
  for (const document of Object.keys(GENERATED))
    await write(document, await withTables(document, await readFile(join(packageRoot(), document), 'utf8')));
  await write('docs/limits.md', limitsDocument());
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
