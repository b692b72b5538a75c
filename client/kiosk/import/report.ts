import { durationOf } from './progress.ts';
import type { ImportedEntry } from './import-entry.ts';

/** The refusals, one a line, and what became of all: how many, why not, how fast, and how fast the networks are. */
export function reportOf(entries: readonly ImportedEntry[], tookMs: number): string {
  const refused = entries.filter(({ result }) => result === 'refused');
  const lines = refused.flatMap((entry) => [
    `${entry.subject}  ${entry.reason}${entry.duplicateOf === null ? '' : ` of ${entry.duplicateOf}`}`,
    ...photoLines(entry),
  ]);
  const partly = entries.filter((entry) => entry.result !== 'refused').flatMap(photoLines);
  const count = (result: string) => entries.filter((entry) => entry.result === result).length;
  const reasons = counted(refused.map(({ reason }) => reason ?? ''));
  return [
    ...lines,
    ...(partly.length === 0 ? [] : ['Photographs left out of people who were imported:', ...partly]),
    `${count('stored')} imported, ${count('known')} known before, ${refused.length} refused${reasons}`,
    ...speedOf(entries, tookMs),
    '',
  ].join('\n');
}

function photoLines({ photos }: ImportedEntry): readonly string[] {
  return photos.flatMap(({ path, reason }) => (reason === null ? [] : [`  ${reason}  ${path}`]));
}

function counted(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const words = [...counts].toSorted((a, b) => b[1] - a[1]).map(([reason, count]) => `${count} ${reason}`);
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

/** The networks' own time is what the workers took, shared out among them. */
function speedOf(entries: readonly ImportedEntry[], tookMs: number): readonly string[] {
  const analysed = entries.flatMap(({ analysis, photos }) =>
    analysis === null || analysis.ms === 0
      ? []
      : [{ ...analysis, photos: photos.filter(({ result }) => result !== 'known').length }],
  );
  const photos = analysed.reduce((sum, one) => sum + one.photos, 0);
  if (photos === 0 || tookMs <= 0) return [];
  const workers = Math.max(1, ...analysed.map((one) => one.workers));
  const networksMs = analysed.reduce((sum, one) => sum + one.ms, 0) / workers;
  const rate = (ms: number) => ((1000 * photos) / ms).toFixed(1);
  const each = tookMs / entries.length;
  const on = workers === 1 ? 'one worker' : `${workers} workers`;
  return [
    `${photos} photographs in ${durationOf(tookMs / 1000)}: ${rate(tookMs)} a second, in ` +
      `${(tookMs / networksMs).toFixed(2)} times the networks' own time on ${on}.`,
    `At this rate 5 000 such people take ${durationOf((5000 * each) / 1000)}.`,
  ];
}
