import { errorLine, type Presenter, type Write } from './presenter.ts';

/** Prints one JSON object a line on `out`, and nothing else. An error that ends the run is also printed on `err`. */
export function jsonPresenter(out: Write, err: Write): Presenter {
  const print = (event: string, fields: object) =>
    out(`${JSON.stringify({ event, ...fields, type: undefined })}\n`);
  return {
    session: (start) => print('session', start),
    welcome: (welcome) => print('welcome', welcome),
    status: (status) => print('status', status),
    decision: ({ fromFile: _fromFile, ...decision }) => print('decision', decision),
    error(error, ends) {
      print('error', { code: error.code, message: error.message, retry: error.retry, ends });
      if (ends) err(errorLine(error));
    },
    close() {},
  };
}
