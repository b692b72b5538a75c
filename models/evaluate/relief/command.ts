import { OrtRunner } from '../../../server/inference/ort-model.ts';
import { FrameAnalyzerCore } from '../../../server/vision/analyze.ts';
import { preparePortrait } from '../../../simulator/index.ts';
import { loadPrepared } from '../../prepared.ts';
import { modelCacheDir } from '../../prepare/settings.ts';
import { EvaluateError } from '../evaluate-error.ts';
import { writeReport } from '../report-command.ts';
import { measurePerformance, type PerformanceShown } from './measure.ts';
import { parseReliefArguments, RELIEF_USAGE } from './options.ts';
import { recorded, simulated, warped, type Performance } from './performances.ts';
import { reliefReport } from './report.ts';

/** The command line of the study of relief. Returns the exit code. Throws EvaluateError on wrong usage or data. */
export async function runReliefCommand(args: readonly string[]): Promise<number> {
  const settings = parseReliefArguments(args);
  if (settings === null) {
    process.stdout.write(`${RELIEF_USAGE}\n`);
    return 0;
  }
  const { data, photos, only, out } = settings;
  const { models } = await loadPrepared(modelCacheDir());
  const { blazeface, facemesh, iris } = models;
  if (!blazeface || !facemesh || !iris) throw new EvaluateError('The models are not prepared.');
  const core = new FrameAnalyzerCore(await OrtRunner.load({ blazeface, facemesh, iris }));
  const found: PerformanceShown[] = [];
  const study = async (performance: Performance): Promise<PerformanceShown | null> => {
    if (only !== null && !performance.species.includes(only)) return null;
    const shown = await measurePerformance(core, performance);
    found.push(shown);
    process.stderr.write(`${shown.species}: ${shown.name}, ${shown.turns.length} turns\n`);
    // After each of them: an interrupted run leaves the report of what it has measured.
    await writeReport(
      out,
      found.map((row) => ({ ...row, rest: undefined })),
      reliefReport(found),
    );
    return shown;
  };
  for await (const performance of recorded(data)) {
    const shown = await study(performance);
    if (shown === null || shown.species !== 'living' || shown.rest === null || shown.turns.length === 0)
      continue;
    // The strongest photograph that an attacker can have: a picture of the very recording.
    const portrait = await preparePortrait({ image: shown.rest }).catch(() => null);
    if (portrait === null) continue;
    for (const own of warped(shown.name, portrait, ", of the recording's own frame"))
      await study({ ...own, of: shown.of });
  }
  for await (const performance of simulated(data, photos)) await study(performance);
  process.stdout.write(`${reliefReport(found)}\n`);
  return 0;
}
