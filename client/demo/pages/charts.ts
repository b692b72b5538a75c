import uPlot from 'uplot';
import type { SessionTrace } from './session-trace.ts';
import { challengeName } from './readings.ts';

export interface Line {
  readonly values: (trace: SessionTrace) => (number | null)[];
  /** Name of a custom property of the style sheet. */
  readonly colour: string;
}

/** A chart that can be redrawn from its trace. */
export interface Chart {
  draw(): void;
  remove(): void;
}

/** The present value of a colour of the style sheet. */
export function colourOf(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Size where the style sheet gives none, as in a hidden view. */
const SPARK_PX = { width: 96, height: 28 };
/** Time span of a small chart, in seconds. */
const SPARK_S = 12;

/** A small chart of the last seconds of a session, without axes. */
export function sparkline(
  place: HTMLElement,
  trace: SessionTrace,
  lines: readonly Line[],
  range: readonly [number, number],
): Chart {
  const { width, height } = place.getBoundingClientRect();
  const plot = new uPlot(
    {
      width: width || SPARK_PX.width,
      height: height || SPARK_PX.height,
      padding: [2, 1, 2, 1],
      cursor: { show: false },
      legend: { show: false },
      scales: {
        x: {
          time: false,
          range: (_, __, max) => {
            const endS = Math.max(SPARK_S, max);
            return [endS - SPARK_S, endS];
          },
        },
        y: { range: [range[0], range[1]] },
      },
      axes: [{ show: false }, { show: false }],
      series: [{}, ...lines.map(({ colour }) => series(colour, 1.25))],
    },
    dataOf(trace, lines),
    place,
  );
  return { draw: () => plot.setData(dataOf(trace, lines)), remove: () => plot.destroy() };
}

interface TraceChartOptions {
  readonly range: (min: number | null, max: number | null) => [number, number];
  readonly height: number;
  readonly hasTimes: boolean;
  /** Shortest span of the time axis, in seconds. */
  readonly spanS?: number;
}

/** A chart of a whole session over time. Challenges are bands; the decision is a line. */
export function traceChart(
  place: HTMLElement,
  trace: SessionTrace,
  lines: readonly Line[],
  { range, height, hasTimes, spanS = 8 }: TraceChartOptions,
): Chart {
  const axis = {
    stroke: () => colourOf('--soft'),
    font: '11px "Inter Variable", Inter, system-ui, sans-serif',
    grid: { stroke: () => colourOf('--hairline'), width: 1 },
    ticks: { show: false },
  };
  const plot = new uPlot(
    {
      width: Math.max(120, place.clientWidth),
      height,
      padding: [18, 14, hasTimes ? 0 : 6, 0],
      cursor: { x: true, y: false, points: { show: false }, drag: { x: false, y: false } },
      legend: { show: false },
      scales: {
        x: { time: false, range: (_, __, max) => [0, Math.max(spanS, max)] },
        y: { range: (_, min, max) => range(min, max) },
      },
      axes: [
        {
          ...axis,
          show: hasTimes,
          size: 24,
          gap: 4,
          space: 56,
          values: (_, ticks) => ticks.map((s) => `${s} s`),
        },
        { ...axis, size: 40, gap: 6, space: 28 },
      ],
      series: [{}, ...lines.map(({ colour }) => series(colour, 1.5))],
      hooks: { drawClear: [(chart) => drawBands(chart, trace)], draw: [(chart) => drawEnd(chart, trace)] },
    },
    dataOf(trace, lines),
    place,
  );
  const resized = new ResizeObserver(() => {
    if (place.clientWidth > 0) plot.setSize({ width: Math.max(120, place.clientWidth), height });
  });
  resized.observe(place);
  return {
    draw: () => plot.setData(dataOf(trace, lines)),
    remove() {
      resized.disconnect();
      plot.destroy();
    },
  };
}

/** A small chart of values that arrive once a second. */
export function figureChart(
  place: HTMLElement,
  colours: readonly string[],
): { push(values: readonly (number | null)[]): void; redraw(): void } {
  const { width, height } = place.getBoundingClientRect();
  const times: number[] = [];
  const columns: (number | null)[][] = colours.map(() => []);
  let second = 0;
  const data = (): uPlot.AlignedData => [times, ...columns];
  const plot = new uPlot(
    {
      width: width || SPARK_PX.width,
      height: height || SPARK_PX.height,
      padding: [2, 1, 2, 1],
      cursor: { show: false },
      legend: { show: false },
      scales: {
        x: { time: false, range: () => [second - FIGURE_S, second] },
        y: { range: (_, __, max) => [0, Math.max(1, max * 1.1)] },
      },
      axes: [{ show: false }, { show: false }],
      series: [{}, ...colours.map((colour) => series(colour, 1.25))],
    },
    data(),
    place,
  );
  return {
    push(values) {
      second += 1;
      times.push(second);
      for (const [at, column] of columns.entries()) column.push(values[at] ?? null);
      if (times.length > FIGURE_S + 1) for (const column of [times, ...columns]) column.shift();
      plot.setData(data());
    },
    redraw: () => plot.redraw(),
  };
}

const FIGURE_S = 60;

function series(colour: string, width: number): uPlot.Series {
  return { stroke: () => colourOf(colour), width, points: { show: false }, spanGaps: false };
}

function dataOf(trace: SessionTrace, lines: readonly Line[]): uPlot.AlignedData {
  return [trace.timeS, ...lines.map(({ values }) => values(trace))];
}

function drawBands(chart: uPlot, { bands, timeS }: SessionTrace): void {
  const { ctx, bbox } = chart;
  const nowS = timeS.at(-1) ?? 0;
  const at = (seconds: number) => chart.valToPos(seconds, 'x', true);
  ctx.save();
  ctx.font = `${11 * devicePixelRatio}px "Inter Variable", Inter, system-ui, sans-serif`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'alphabetic';
  for (const [index, { kind, fromS, toS, passed }] of bands.entries()) {
    const left = at(fromS);
    const width = Math.max(1, at(toS ?? nowS) - left);
    ctx.fillStyle = colourOf(passed ? '--proven' : toS === null ? '--guide' : '--edge');
    ctx.globalAlpha = 0.13;
    ctx.fillRect(left, bbox.top, width, bbox.height);
    ctx.globalAlpha = 1;
    ctx.fillRect(left, bbox.top, width, 2 * devicePixelRatio);
    const next = bands[index + 1];
    const room = (next === undefined ? bbox.left + bbox.width : at(next.fromS)) - left;
    const label = challengeName(kind);
    if (ctx.measureText(label).width > room) continue;
    ctx.fillStyle = colourOf('--soft');
    ctx.fillText(label, left, bbox.top - 5 * devicePixelRatio);
  }
  ctx.restore();
}

function drawEnd(chart: uPlot, { endS, end }: SessionTrace): void {
  if (endS === null) return;
  const { ctx, bbox } = chart;
  const x = chart.valToPos(endS, 'x', true);
  ctx.save();
  ctx.fillStyle = colourOf(
    end?.outcome === 'accept' ? '--proven' : end?.outcome === 'reject' ? '--stop' : '--guide',
  );
  ctx.fillRect(x - devicePixelRatio, bbox.top, 2 * devicePixelRatio, bbox.height);
  ctx.restore();
}
