import { errorLine, type Presenter, type Write } from './presenter.ts';
import { instructionWords, outcomeWords, titleWords } from './words.ts';

/** Prints plain lines for logs and pipes: one for each change of the instruction. */
export function linesPresenter(out: Write, err: Write): Presenter {
  let last = '';
  const print = (line: string) => {
    if (line !== last) out(`${line}\n`);
    last = line;
  };
  return {
    session: ({ mode, subject, sessionId }) => print(`${titleWords(mode, subject)} (session ${sessionId})`),
    welcome: ({ policy }) => print(`Policy ${policy}`),
    status(status) {
      const { challenge } = status;
      const count = challenge === undefined ? '' : ` (${challenge.number} of ${challenge.of})`;
      print(`${instructionWords(status)}${count}`);
    },
    decision: ({ mode, outcome, retry, cause, subject, fromFile }) => {
      print(outcomeWords(mode, outcome, retry, cause, fromFile));
      if (mode === 'identify' && subject !== null) print(`Subject ${subject}`);
      print(`Outcome ${outcome}`);
    },
    error: (error) => err(errorLine(error)),
    close() {},
  };
}
