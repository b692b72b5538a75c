import { Presets, SingleBar } from 'cli-progress';
import type { Progress } from './verification.ts';

/** Shows progress on a stream: a bar on a terminal, otherwise one line for each tenth of a stage. */
export function progressDisplay(stream: NodeJS.WriteStream): {
  readonly show: Progress;
  readonly close: () => void;
} {
  return stream.isTTY ? bars(stream) : lines(stream);
}

function bars(stream: NodeJS.WriteStream): ReturnType<typeof progressDisplay> {
  let bar: { readonly stage: string; readonly view: SingleBar } | null = null;
  const close = () => {
    bar?.view.stop();
    bar = null;
  };
  return {
    show(stage, done, total) {
      if (bar?.stage !== stage) {
        close();
        const format = '{stage} {bar} {value}/{total}, {eta_formatted} left';
        bar = { stage, view: new SingleBar({ format, stream, hideCursor: true }, Presets.shades_classic) };
        bar.view.start(total, 0, { stage });
      }
      bar.view.update(done);
    },
    close,
  };
}

function lines(stream: NodeJS.WriteStream): ReturnType<typeof progressDisplay> {
  let shown = '';
  return {
    show(stage, done, total) {
      const line = `${stage} ${Math.floor((10 * done) / total) * 10} %`;
      if (line !== shown) stream.write(`${line}\n`);
      shown = line;
    },
    close: () => {},
  };
}
