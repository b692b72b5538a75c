import path from 'node:path';
import type { EChartsOption } from 'echarts';
import { writeChart } from '../../models/evaluate/chart-picture.ts';
import type { FrameReport } from './measure.ts';
import type { PathId, StageMs } from './ours.ts';
import type { Summary } from './summary.ts';

const PATH_LABEL: Readonly<Record<PathId, string>> = {
  tracked: 'followed face',
  session: 'as a session asks',
  'all-networks': 'detector and all networks',
};
const STAGE_LABEL: Readonly<Record<keyof StageMs, string>> = {
  decode: 'decode',
  hash: 'hash',
  detect: 'detector',
  mesh: 'mesh',
  eyes: 'eyes',
  quality: 'quality',
  relief: 'relief',
  embed: 'embedding',
  pad: 'PAD',
  motion: 'motion',
};
/** Colours that colour-blind readers can tell apart (Okabe and Ito), and two greys. */
const COLOURS = [
  '#999999',
  '#cccccc',
  '#0072b2',
  '#e69f00',
  '#009e73',
  '#f0e442',
  '#d55e00',
  '#cc79a7',
  '#56b4e9',
];
const HUMAN_COLOUR = '#444444';
const PATHS = Object.keys(PATH_LABEL) as PathId[];
const STAGES = Object.keys(STAGE_LABEL) as (keyof StageMs)[];

const ms = (value: number) => value.toFixed(2);
const spread = ({ median, low, high }: Summary) => `${ms(median)} (${ms(low)}–${ms(high)})`;

/** Ratios of Human's time for a frame to ours. Above 1, ours is faster. */
export function ratios({ ours, human }: FrameReport) {
  if (human === null) return null;
  return {
    detectorEveryFrame: human['all-networks'].median / ours['all-networks'].totalMs.median,
    /** Mesh and iris on a followed face, on both sides. */
    trackedSameNetworks: human.tracked.median / ours.tracked.totalMs.median,
    /** A session's mean frame, and Human with every network on every frame. */
    sessionAgainstEveryFrame: human['all-networks'].mean / ours.session.totalMs.mean,
  };
}

/** The report in Markdown. */
export function reportText(report: FrameReport): string {
  const { machine, ours, human, pools } = report;
  const lines = [
    `${report.frames} frames × ${report.rounds} rounds, ${report.source}, ${Math.round(report.meanFrameBytes / 1000)} kB a frame; ${machine.cpu}, ${machine.cores} cores, load ${machine.loadAverage.toFixed(1)}. Milliseconds on one core: median (quartiles).`,
    '',
    `| a frame | total | networks alone | overhead | ${STAGES.map((stage) => STAGE_LABEL[stage]).join(' | ')} |`,
    `| --- | --- | --- | --- | ${STAGES.map(() => '---').join(' | ')} |`,
    ...PATHS.map((id) => {
      const { totalMs, floorMs, overheadPercent, stages } = ours[id];
      const cells = STAGES.map((stage) => (stages[stage] === undefined ? '–' : ms(stages[stage])));
      return `| ${PATH_LABEL[id]} | ${spread(totalMs)}, mean ${ms(totalMs.mean)} | ${spread(floorMs)}, mean ${ms(floorMs.mean)} | ${overheadPercent.toFixed(0)} % | ${cells.join(' | ')} |`;
    }),
    '',
    '| pool | followed faces | as sessions ask | transfer a frame |',
    '| --- | --- | --- | --- |',
    ...pools.map(
      ({ workers, trackedPerSecond, sessionPerSecond, transferMs }) =>
        `| ${workers} worker${workers > 1 ? 's' : ''} | ${trackedPerSecond.toFixed(0)} frames/s | ${sessionPerSecond.toFixed(0)} frames/s | ${spread(transferMs)} ms |`,
    ),
  ];
  const against = ratios(report);
  if (human !== null && against !== null) {
    lines.push(
      '',
      '| against @vladmandic/human (WASM backend) | Human, ms | ours, ms | faster |',
      '| --- | --- | --- | --- |',
      `| detector, mesh, iris, description, PAD on every frame | ${spread(human['all-networks'])} | ${spread(ours['all-networks'].totalMs)} | ${against.detectorEveryFrame.toFixed(1)} × |`,
      `| followed face: mesh and iris | ${spread(human.tracked)} | ${spread(ours.tracked.totalMs)} | ${against.trackedSameNetworks.toFixed(1)} × |`,
      `| a session's mean frame against all networks on every frame | ${ms(human['all-networks'].mean)} | ${ms(ours.session.totalMs.mean)} | ${against.sessionAgainstEveryFrame.toFixed(1)} × |`,
    );
  }
  if (!report.networks.some((network) => network.startsWith('minifasnet'))) {
    lines.push('', 'The PAD networks are not installed here: ours ran without, Human ran its two.');
  }
  return `${lines.join('\n')}\n`;
}

/** Draws `frame.svg` and `frame.png` into `folder`. */
export async function drawReport(report: FrameReport, folder: string): Promise<void> {
  const size = { width: 900, height: 420 };
  await writeChart(chart(report), size, path.join(folder, 'frame'));
}

function chart({ ours, human }: FrameReport): EChartsOption {
  const humanRows =
    human === null
      ? []
      : ([
          ['Human, followed face', human.tracked.mean],
          ['Human, detector and all networks', human['all-networks'].mean],
        ] as const);
  const rows = [...PATHS.map((id) => `veriframe, ${PATH_LABEL[id]}`), ...humanRows.map(([label]) => label)];
  const totals = [...PATHS.map((id) => ours[id].totalMs.mean), ...humanRows.map(([, mean]) => mean)];
  const stageSeries = STAGES.map((stage, i) => ({
    name: STAGE_LABEL[stage],
    type: 'bar' as const,
    stack: 'time',
    barWidth: 26,
    itemStyle: { color: COLOURS[i] },
    data: [...PATHS.map((id) => ours[id].stages[stage] ?? 0), ...humanRows.map(() => 0)],
  }));
  const humanSeries = {
    name: 'Human, whole frame',
    type: 'bar' as const,
    stack: 'time',
    itemStyle: { color: HUMAN_COLOUR },
    data: [...PATHS.map(() => 0), ...humanRows.map(([, mean]) => mean)],
  };
  const labels = {
    name: 'total',
    type: 'bar' as const,
    stack: 'time',
    silent: true,
    itemStyle: { color: 'transparent' },
    label: {
      show: true,
      position: 'insideLeft' as const,
      color: '#222',
      formatter: ({ dataIndex }: { dataIndex: number }) => `${totals[dataIndex].toFixed(1)} ms`,
    },
    data: rows.map(() => Math.max(...totals) * 0.1),
  };
  const series = [...stageSeries, ...(human === null ? [] : [humanSeries]), labels];
  return {
    title: { text: 'One frame on one core, mean milliseconds', left: 'center', top: 10 },
    legend: {
      top: 42,
      icon: 'roundRect',
      data: series.map(({ name }) => name).filter((name) => name !== 'total'),
    },
    grid: { left: 250, right: 40, top: 100, bottom: 46 },
    xAxis: { type: 'value', name: 'ms', nameLocation: 'middle', nameGap: 26 },
    yAxis: { type: 'category', data: rows, inverse: true, axisLabel: { width: 235, overflow: 'break' } },
    series,
  };
}
