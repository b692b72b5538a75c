import type { WriteStream } from 'node:tty';
import { linesPresenter } from './lines.ts';
import type { Presenter, Write } from './presenter.ts';
import { terminalPresenter } from './terminal.ts';

/** One block that is redrawn where `stream` is a terminal that can do it, lines otherwise. Errors go to `err`. */
export function presenterFor(stream: WriteStream, err: Write): Presenter {
  // Some serial consoles and containers have a terminal of no size, on which nothing can be redrawn.
  const redrawable = stream.isTTY && stream.columns > 0 && stream.rows > 0;
  return redrawable ? terminalPresenter(stream, err) : linesPresenter((text) => void stream.write(text), err);
}
