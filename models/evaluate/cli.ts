import { EvaluateError } from './evaluate-error.ts';
import { ANCHORS_USAGE, runAnchors } from './anchors/command.ts';
import { USAGE } from './options.ts';
import { runBonaFideCommand } from './pad/bona-fide/command.ts';
import { BONA_FIDE_USAGE } from './pad/bona-fide/options.ts';
import { runPadGridCommand } from './pad-grid/command.ts';
import { PAD_GRID_USAGE } from './pad-grid/options.ts';
import { runPad } from './pad/pad-command.ts';
import { PAD_USAGE } from './pad/pad-options.ts';
import { REPLAY_USAGE, runReplay } from './pad/replay-command.ts';
import { runReliefCommand } from './relief/command.ts';
import { RELIEF_USAGE } from './relief/options.ts';
import { runVerification } from './verification-command.ts';

/** `evaluate <study> [options]`. Returns the exit code: 0 done, 1 failed, 2 wrong usage or data. */
async function main([study, ...args]: readonly string[]): Promise<number> {
  try {
    if (study === 'verification') return await runVerification(args);
    if (study === 'pad') return await runPad(args);
    if (study === 'pad-grid') return await runPadGridCommand(args);
    if (study === 'bona-fide') return await runBonaFideCommand(args);
    if (study === 'relief') return await runReliefCommand(args);
    if (study === 'anchors') return await runAnchors(args);
    if (study === 'replay') return await runReplay(args);
    const usages = [
      USAGE,
      PAD_USAGE,
      PAD_GRID_USAGE,
      BONA_FIDE_USAGE,
      RELIEF_USAGE,
      ANCHORS_USAGE,
      REPLAY_USAGE,
    ];
    process.stderr.write(`${usages.join('\n\n')}\n`);
    return study === '--help' ? 0 : 2;
  } catch (error) {
    if (!(error instanceof EvaluateError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    return 2;
  }
}

process.exitCode = await main(process.argv.slice(2));
