import path from 'node:path';
import type { EChartsOption } from 'echarts';
import { writeChart } from '../../models/evaluate/chart-picture.ts';
import { NOTHING, table } from '../../models/evaluate/text-cells.ts';
import type { Window } from './rig.ts';
import type { LoadReport, LoadRun, Machine, Step } from './run.ts';

const ms = (value: number) => (value >= 100 ? value.toFixed(0) : value.toFixed(1));
const mb = (bytes: number) => (bytes / 1e6).toFixed(0);
const perSecond = (count: number, { server }: Step) => (count / server.process.seconds).toFixed(0);
const oneOrNothing = (share: number | null) => (share === null ? NOTHING : share.toFixed(3));

/** Number of a step's decisions that were right, wrong, and absent. */
export function correctness({ generator }: Step): { right: number; wrong: number; undecided: number } {
  const { genuine, stranger } = generator.decisions;
  return {
    right: genuine.accept + stranger.reject,
    wrong: genuine.reject + stranger.accept,
    undecided: genuine['re-verify'] + stranger['re-verify'],
  };
}

/** Evidence of wrong decisions, most frequent first; null when there are none. */
export function wrongText(windows: readonly Window[]): string | null {
  const counts = new Map<string, number>();
  for (const verdict of windows.flatMap(({ wrong }) => wrong))
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  if (counts.size === 0) return null;
  const listed = [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([verdict, count]) => `${count} × ${verdict}`);
  return `Decided wrongly: ${listed.join('; ')}.`;
}

/**
 * Decision time at the first step that fills every place, and at the last step, with the same sessions and ten times as
 * many waiting clients.
 */
function overload({ steps }: LoadRun): { fullMs: number; overloadedMs: number } | null {
  const last = steps.at(-1);
  const full = steps.find(({ seats, server }) => seats >= server.capacity.sessions);
  if (last === undefined || full === undefined || full === last) return null;
  return { fullMs: full.server.latencyMs.p99, overloadedMs: last.server.latencyMs.p99 };
}

/** Description of the machine, and its effect on the figures. */
export function machineText({ cpu, cores, loadAverage }: Machine): string {
  return `${cpu}, ${cores} cores, load ${loadAverage.toFixed(1)} before. Server, its workers and the load generator share these cores, so a server alone does better`;
}

/** The report in Markdown. */
export function loadText(report: LoadReport): string {
  const { machine, policy, framesPerSecond, secondsAStep, runs } = report;
  const lines = [
    `People who come again and again, one in four a stranger, policy \`${policy}\`, ${framesPerSecond} frames/s of 640 × 480, ${secondsAStep} s a step; ${machineText(machine)}. Latency: from a frame's arrival to the status it led to.`,
  ];
  for (const run of runs) {
    const { steps } = run;
    lines.push('', stepsTable(run));
    const wrong = wrongText([...steps, run.after]);
    if (wrong !== null) lines.push('', wrong);
    const ends = overload(run);
    const { p99 } = run.after.server.latencyMs;
    lines.push(
      '',
      ends === null
        ? `One person again, seconds later: p99 ${ms(p99)} ms.`
        : `p99 of those let in: ${ms(ends.fullMs)} ms with every place taken, ${ms(ends.overloadedMs)} ms with ${run.steps.at(-1)?.seats ?? 0} people at the door (${(ends.overloadedMs / ends.fullMs).toFixed(2)} ×); one person again, seconds later: ${ms(p99)} ms.`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function stepsTable({ transport, steps }: LoadRun): string {
  const head = [
    `people (${transport})`,
    'let in',
    'places',
    'turned away/s',
    'frames in/s',
    'analysed/s',
    'superseded',
    'p50 ms',
    'p95 ms',
    'p99 ms',
    'right',
    'wrong',
    're-verify',
    'decision p50, p95 s',
    'fairness',
    'loop lag p99 ms',
    'cores: server, workers, generator',
    'MB: server, workers, generator',
  ];
  return table(
    head,
    steps.map((step) => {
      const { server, generator, seats } = step;
      const { frames, latencyMs } = server;
      const { right, wrong, undecided } = correctness(step);
      return [
        String(seats),
        server.openSessions.toFixed(1),
        String(server.capacity.sessions),
        (generator.refusals / generator.process.seconds).toFixed(1),
        perSecond(frames.received, step),
        perSecond(frames.analysed, step),
        frames.received === 0 ? NOTHING : `${((100 * frames.superseded) / frames.received).toFixed(0)} %`,
        ms(latencyMs.p50),
        ms(latencyMs.p95),
        ms(latencyMs.p99),
        String(right),
        String(wrong),
        String(undecided),
        generator.decisionMs.count === 0
          ? NOTHING
          : `${(generator.decisionMs.p50 / 1000).toFixed(1)}, ${(generator.decisionMs.p95 / 1000).toFixed(1)}`,
        oneOrNothing(server.fairness),
        ms(server.process.loopLagMs.p99),
        [server.process.cpu, server.workers.cpu, generator.process.cpu]
          .map((cpu) => cpu.toFixed(2))
          .join(', '),
        [server.process.rssBytes, server.workers.rssBytes, generator.process.rssBytes].map(mb).join(', '),
      ];
    }),
  );
}

/** Colours of Okabe and Ito. */
const COLOURS = { uws: ['#0072b2', '#56b4e9'], ws: ['#d55e00', '#e69f00'] } as const;

/** Draws `load.svg` and `load.png` into `folder`. */
export async function drawLoad(report: LoadReport, folder: string): Promise<void> {
  await writeChart(chart(report), { width: 900, height: 460 }, path.join(folder, 'load'));
}

function chart({ runs }: LoadReport): EChartsOption {
  const line = (
    { transport, steps }: LoadRun,
    name: string,
    value: (step: Step) => number,
    axis: 0 | 1,
    look: 0 | 1,
  ) => ({
    name: `${transport}: ${name}`,
    type: 'line' as const,
    yAxisIndex: axis,
    symbolSize: 6,
    lineStyle: { type: axis === 0 ? ('solid' as const) : ('dashed' as const) },
    color: COLOURS[transport][look],
    data: steps.map((step) => [step.seats, Number(value(step).toFixed(2))]),
  });
  return {
    title: { text: 'Load: people at a time, and what those let in see of it', left: 'center', top: 10 },
    legend: { top: 40 },
    grid: { left: 70, right: 70, top: 100, bottom: 60 },
    xAxis: { type: 'log', name: 'people at a time', nameLocation: 'middle', nameGap: 30 },
    yAxis: [
      { type: 'value', name: 'latency, ms', min: 0 },
      { type: 'value', name: 'frames/s, sessions', min: 0, splitLine: { show: false } },
    ],
    series: runs.flatMap((run) => [
      line(run, 'latency p50', ({ server }) => server.latencyMs.p50, 0, 1),
      line(run, 'latency p99', ({ server }) => server.latencyMs.p99, 0, 0),
      line(run, 'analysed/s', ({ server }) => server.frames.analysed / server.process.seconds, 1, 0),
      line(run, 'sessions let in', ({ server }) => server.openSessions, 1, 1),
    ]),
  };
}
