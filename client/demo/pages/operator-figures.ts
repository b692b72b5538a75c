import { type ServiceFigures, OUTCOMES } from '@veriframe/protocol';
import { figureChart } from './charts.ts';
import { find, make } from './dom.ts';
import { fill } from '../words/words.ts';
import { operatorStrings } from './operator-strings.ts';
import { fixed, outcomeName } from './readings.ts';

const say = operatorStrings.operator;

/** The row of figures above the sessions. */
export class Figures {
  readonly #place = find('.figures', HTMLElement);
  readonly #charts = {
    rate: figureChart(find('.rate .chart', HTMLElement), ['--trace-1']),
    latency: figureChart(find('.latency .chart', HTMLElement), ['--trace-3', '--trace-2', '--trace-1']),
    queue: figureChart(find('.queue .chart', HTMLElement), ['--trace-2']),
  };

  show(figures: ServiceFigures): void {
    const { sessions, framesPerSecond, latencyMs, queueDepth, busyWorkers, workers } = figures;
    this.#value('sessions', [big(String(sessions)), small(say.running)]);
    this.#value('rate', [big(fixed(framesPerSecond, framesPerSecond < 10 ? 1 : 0))]);
    this.#value(
      'latency',
      latencyMs === null
        ? [big('–')]
        : (['p50', 'p95', 'p99'] as const).map((name) =>
            make('span', { class: name }, small(name), big(fixed(latencyMs[name]))),
          ),
    );
    this.#value('queue', [
      big(String(queueDepth)),
      small(fill(say.workers, { busy: String(busyWorkers), workers: String(workers) })),
    ]);
    this.#value('decisions', [shares(figures)]);
    this.#value('machine', [
      big(`${fixed(figures.eventLoopLagMs, 1)} ms`),
      small(`${fixed(figures.memoryBytes / 2 ** 20)} MiB`),
    ]);
    this.#charts.rate.push([framesPerSecond]);
    this.#charts.latency.push([latencyMs?.p50 ?? null, latencyMs?.p95 ?? null, latencyMs?.p99 ?? null]);
    this.#charts.queue.push([queueDepth]);
  }

  redraw(): void {
    for (const chart of Object.values(this.#charts)) chart.redraw();
  }

  #value(name: string, content: readonly Node[]): void {
    find(`.${name} .value`, HTMLElement, this.#place).replaceChildren(...content);
  }
}

const big = (text: string) => make('b', {}, text);
const small = (text: string) => make('small', {}, text);

function shares({ decisions }: ServiceFigures): HTMLElement {
  const parts = OUTCOMES.map((outcome) => {
    const bar = make('i', { class: outcome });
    bar.style.flexGrow = String(decisions[outcome]);
    return bar;
  });
  return make(
    'span',
    { class: 'shares' },
    make('span', { class: 'share-bar', 'aria-hidden': 'true' }, ...parts),
    ...OUTCOMES.map((outcome) =>
      make(
        'span',
        { class: `share ${outcome}` },
        big(String(decisions[outcome])),
        small(outcomeName(outcome).toLowerCase()),
      ),
    ),
  );
}
