import type { WriteStream } from 'node:tty';
import { linesPresenter } from './lines.ts';
import type { Presenter, Write } from './presenter.ts';
import { terminalPresenter } from './terminal.ts';

/**
 * A presenter that redraws one block when `stream` is a terminal that supports it, and one that prints lines otherwise.
 * Errors go to `err`.
 */
export function presenterFor(stream: WriteStream, err: Write): Presenter {
  // Some serial consoles and containers report a terminal without a size. A block cannot be redrawn there.
  const redrawable = stream.isTTY && stream.columns > 0 && stream.rows > 0;
  return redrawable ? terminalPresenter(stream, err) : linesPresenter((text) => void stream.write(text), err);
}
