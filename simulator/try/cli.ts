import { realTime } from './pace.ts';
import { runHere } from './run-here.ts';

/** The program `veriframe try`: runs when it is imported. */
await runHere(realTime());
