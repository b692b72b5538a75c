import { OrtRunner } from '../../../server/inference/ort-model.ts';
import { FrameAnalyzerCore } from '../../../server/vision/analyze.ts';
import { PAD_MODELS } from '../../ids.ts';
import { loadPrepared } from '../../prepared.ts';
import { modelCacheDir } from '../../prepare/settings.ts';
import { EvaluateError } from '../evaluate-error.ts';
import { findRecordings } from '../pad/recordings.ts';
import { writeReport } from '../report-command.ts';
import { type Cell, cellName, COLOUR_CELLS, formCells, LIVING_CELLS, PLAIN } from './cells.ts';
import { PadGridMeter, type Sampled } from './measure.ts';
import { PAD_GRID_USAGE, parsePadGridArguments } from './options.ts';
import { type CellResult, padGridReport, worstFirst } from './report.ts';

/** The command line of the grid. Returns the exit code. Throws EvaluateError on wrong usage or data. */
export async function runPadGridCommand(args: readonly string[]): Promise<number> {
  const settings = parsePadGridArguments(args);
  if (settings === null) {
    process.stdout.write(`${PAD_GRID_USAGE}\n`);
    return 0;
  }
  const { data, frames, worst, only, out } = settings;
  const meter = new PadGridMeter(await loadCore());
  const { recordings } = await findRecordings(data);
  const [living, attacks]: [Sampled[], Sampled[]] = [[], []];
  for (const recording of recordings) {
    // An injected video shows a face that moves and is lit as a living one: passive PAD makes no claim about it.
    if (recording.presentation === 'injected' || !recording.name.includes(only ?? '')) continue;
    const sampled = await meter.sample(recording, frames);
    if (sampled.pictures.length === 0) continue;
    (recording.presentation === 'live' ? living : attacks).push(sampled);
  }
  const [ofLiving, ofAttacks]: [CellResult[], CellResult[]] = [[], []];
  const measure = async (cell: Cell, group: readonly Sampled[], results: CellResult[]): Promise<void> => {
    const scored = [];
    for (const sampled of group) scored.push(await meter.score(sampled, cell));
    results.push({ cell, scored });
    process.stderr.write(`${results === ofLiving ? 'living' : 'attacks'}: ${cellName(cell)}\n`);
    // After each of them: an interrupted run leaves the report of what it has measured.
    await writeReport(out, { attacks: ofAttacks, living: ofLiving }, padGridReport(ofAttacks, ofLiving));
  };
  for (const cell of LIVING_CELLS) await measure(cell, living, ofLiving);
  for (const cell of COLOUR_CELLS) await measure(cell, attacks, ofAttacks);
  const colours = [
    PLAIN,
    ...worstFirst(ofAttacks)
      .slice(0, worst)
      .map(({ cell }) => cell),
  ];
  for (const cell of colours.flatMap(formCells)) await measure(cell, attacks, ofAttacks);
  process.stdout.write(`${padGridReport(ofAttacks, ofLiving)}\n`);
  return 0;
}

async function loadCore(): Promise<FrameAnalyzerCore> {
  const { models } = await loadPrepared(modelCacheDir());
  const { blazeface, facemesh, iris } = models;
  if (!blazeface || !facemesh || !iris) throw new EvaluateError('The models are not prepared.');
  const pad = PAD_MODELS.flatMap((id) => (models[id] === undefined ? [] : [[id, models[id]] as const]));
  if (pad.length === 0) throw new EvaluateError('The networks for passive PAD are not prepared (full tier).');
  return new FrameAnalyzerCore(
    await OrtRunner.load({ blazeface, facemesh, iris, ...Object.fromEntries(pad) }),
  );
}
