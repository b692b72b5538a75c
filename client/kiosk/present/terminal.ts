import { createLogUpdate } from 'log-update';
import { styleText } from 'node:util';
import type { WriteStream } from 'node:tty';
import type { Status, Outcome } from '@veriframe/protocol';
import { errorLine, type Presenter, type SessionStart, type Write } from './presenter.ts';
import { SteadyText } from './steady.ts';
import { instructionWords, outcomeWords, titleWords } from './words.ts';

/** Half of the 72 ticks of the browser's ring, because a terminal line has less room. */
const TICKS = 36;
/** Short enough for a countdown in seconds. */
const REDRAW_MS = 200;
const OUTCOME_MARKS: Readonly<Record<Outcome, string>> = { accept: '●', reject: '○', 're-verify': '◐' };

type Colour = 'green' | 'yellow' | 'dim' | 'bold';
type Paint = (colour: Colour, text: string) => string;

/** A status and the time at which it came. The countdown of a challenge goes on between two statuses. */
export interface Shown {
  readonly status: Status;
  readonly atMs: number;
}

/**
 * One block on a terminal that is redrawn in place. It shows the mode and the subject, the ticks, and one instruction.
 */
export function terminalPresenter(stream: WriteStream, err: Write): Presenter {
  const block = createLogUpdate(stream);
  const colourful = stream.hasColors();
  const paint: Paint = (colour, text) => (colourful ? styleText(colour, text) : text);
  const steady = new SteadyText();
  let title = '';
  let shown: Shown | null = null;
  const draw = () => {
    if (shown !== null) block(statusBlock(title, shown, steady, performance.now(), paint));
  };
  const redraw = setInterval(draw, REDRAW_MS);

  return {
    session({ mode, subject }: SessionStart) {
      title = titleWords(mode, subject);
      block(`\n  ${paint('bold', title)}\n`);
    },
    welcome({ mode, policy }) {
      title = `${title === '' ? titleWords(mode, null) : title}  ${paint('dim', policy)}`;
    },
    status(status) {
      shown = { status, atMs: performance.now() };
      draw();
    },
    decision({ mode, outcome, retry, cause, subject, fromFile }) {
      shown = null;
      const whom = mode === 'identify' && subject !== null ? `, ${subject}` : '';
      const colour = outcome === 'accept' ? 'green' : 'yellow';
      const said = `${OUTCOME_MARKS[outcome]} ${outcomeWords(mode, outcome, retry, cause, fromFile)}${whom}`;
      block(`\n  ${title}\n\n  ${ticks(outcome === 'accept' ? 1 : 0, paint)}\n  ${paint(colour, said)}\n`);
    },
    error(error, ends) {
      if (ends) shown = null;
      block.done();
      err(errorLine(error));
    },
    close() {
      clearInterval(redraw);
      block.done();
    },
  };
}

/** The block at `nowMs`. `steady` keeps the shown instruction from one call to the next. */
export function statusBlock(
  title: string,
  { status, atMs }: Shown,
  steady: SteadyText,
  nowMs: number,
  paint: Paint,
): string {
  const { challenge, progress } = status;
  const instruction = steady.show(instructionWords(status), challenge !== undefined, nowMs);
  let detail = '';
  if (challenge !== undefined) {
    const leftS = Math.ceil(Math.max(0, challenge.remainingMs - (nowMs - atMs)) / 1000);
    detail = paint('dim', `  ${challenge.number} of ${challenge.of} · ${leftS} s`);
  }
  return `\n  ${title}\n\n  ${ticks(progress, paint)}\n  ${paint('bold', instruction)}${detail}\n`;
}

function ticks(progress: number, paint: Paint): string {
  const lit = Math.round(progress * TICKS);
  return paint('green', '┃'.repeat(lit)) + paint('dim', '╎'.repeat(TICKS - lit));
}
