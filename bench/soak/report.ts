import path from 'node:path';
import type { EChartsOption } from 'echarts';
import { writeChart } from '../../models/evaluate/chart-picture.ts';
import { table } from '../../models/evaluate/text-cells.ts';
import { correctness, machineText, wrongText } from '../load/report.ts';
import type { Slope, SoakReport } from './soak.ts';

/** The report in Markdown. */
export function soakText(report: SoakReport): string {
  const { machine, transport, policy, framesPerSecond, minutes, seats, points, trends } = report;
  const sum = (pick: (point: SoakReport['points'][number]) => number) =>
    points.reduce((total, point) => total + pick(point), 0);
  const count = (key: 'right' | 'wrong' | 'undecided') =>
    sum((point) => correctness({ seats, ...point })[key]);
  const failures = sum(({ generator }) =>
    Object.values(generator.failures).reduce((total, one) => total + one, 0),
  );
  const wrong = wrongText(points);
  const load = sum(({ server }) => server.capacity.load) / Math.max(1, points.length);
  return `${[
    `${minutes} minutes, ${seats} people at a time over ${transport}, policy \`${policy}\`, ${framesPerSecond} frames/s: ${(100 * load).toFixed(0)} % of the workers' time (aimed at ${(100 * report.aimedLoad).toFixed(0)} %); ${machineText(machine)}.`,
    '',
    `${sum(({ server }) => server.frames.analysed)} frames analysed; ${count('right')} sessions decided rightly, ${count('wrong')} wrongly, ${count('undecided')} sent to re-verify, ${failures} ended without a decision.`,
    ...(wrong === null ? [] : ['', wrong]),
    '',
    table(
      ['', 'after warm-up', 'at the end', 'slope an hour ± standard error', 'of the second half'],
      trends.map(({ what, unit, first, last, slopeAnHour, lateSlopeAnHour }) => [
        unit === '' ? what : `${what}, ${unit}`,
        first.toFixed(1),
        last.toFixed(1),
        slopeText(slopeAnHour),
        slopeText(lateSlopeAnHour),
      ]),
    ),
  ].join('\n')}\n`;
}

function slopeText({ slope, error }: Slope): string {
  return `${slope.toFixed(2)} ± ${error.toFixed(2)}`;
}

/** Draws `soak.svg` and `soak.png` into `folder`. */
export async function drawSoak(report: SoakReport, folder: string): Promise<void> {
  await writeChart(chart(report), { width: 900, height: 420 }, path.join(folder, 'soak'));
}

function chart({ points }: SoakReport): EChartsOption {
  const line = (
    name: string,
    color: string,
    axis: 0 | 1,
    value: (point: SoakReport['points'][number]) => number,
  ) => ({
    name,
    type: 'line' as const,
    yAxisIndex: axis,
    showSymbol: false,
    color,
    data: points.map((point) => [Number(point.atMinute.toFixed(2)), Number(value(point).toFixed(2))]),
  });
  return {
    title: { text: 'Soak: memory and latency over time', left: 'center', top: 10 },
    legend: { top: 40 },
    grid: { left: 70, right: 70, top: 90, bottom: 60 },
    xAxis: { type: 'value', name: 'minutes', nameLocation: 'middle', nameGap: 30 },
    yAxis: [
      { type: 'value', name: 'MB', min: 0 },
      { type: 'value', name: 'ms, descriptors', min: 0, splitLine: { show: false } },
    ],
    series: [
      line('server memory', '#0072b2', 0, ({ server }) => server.process.rssBytes / 1e6),
      line('workers memory', '#009e73', 0, ({ server }) => server.workers.rssBytes / 1e6),
      line('p99', '#d55e00', 1, ({ server }) => server.latencyMs.p99),
      line('descriptors', '#999999', 1, ({ server }) => server.descriptors),
    ],
  };
}
