import path from 'node:path';
import type { EChartsOption } from 'echarts';
import { writeChart } from './chart-picture.ts';
import type { DegradationResult } from './degradation-study.ts';
import type { MethodRates } from './rates.ts';
import type { ScoreCollector } from './score-collector.ts';

const GENUINE_COLOUR = '#1a7f5a';
const IMPOSTOR_COLOUR = '#c2410c';
/** Colours that colour-blind readers can tell apart (Okabe and Ito). */
const PALETTE = ['#0072b2', '#e69f00', '#009e73', '#d55e00', '#cc79a7', '#56b4e9'];
const HISTOGRAM_BINS = 120;

/** Writes all charts of a report into `folder`. Returns whether the PNGs have text. */
export async function writeCharts(
  folder: string,
  collectors: readonly ScoreCollector[],
  rates: readonly MethodRates[],
  degradations: readonly DegradationResult[],
): Promise<boolean> {
  const at = (name: string) => path.join(folder, name);
  const rows = Math.ceil(collectors.length / 2);
  const size = { width: 900, height: 60 + 280 * rows };
  const hasWords = await writeChart(histograms(collectors, size), size, at('score-histograms'));
  await writeChart(tradeOffs(collectors), { width: 800, height: 600 }, at('det'));
  if (degradations.length > 0) {
    const tall = { width: 900, height: 460 };
    await writeChart(degradationBars(degradations, rates), tall, at('degradations'));
  }
  return hasWords;
}

function histograms(
  collectors: readonly ScoreCollector[],
  size: { readonly width: number; readonly height: number },
): EChartsOption {
  const place = (index: number) => ({
    left: 60 + (index % 2) * (size.width / 2),
    top: 80 + 280 * Math.floor(index / 2),
    width: size.width / 2 - 90,
    height: 190,
  });
  const tables = collectors.map(({ table }) => table.histogram(HISTOGRAM_BINS));
  return {
    title: [
      { text: 'Comparison scores, share of comparisons', left: 'center', top: 8 },
      ...collectors.map(({ scorer }, index) => ({
        text: scorer.label,
        textStyle: { fontSize: 13 },
        left: place(index).left,
        top: place(index).top - 26,
      })),
    ],
    legend: { top: 34, icon: 'roundRect', data: ['impostor', 'genuine'] },
    grid: collectors.map((_, index) => place(index)),
    xAxis: collectors.map((_, gridIndex) => ({
      type: 'value',
      gridIndex,
      scale: true,
      axisLine: { onZero: false },
      axisLabel: { fontSize: 11 },
    })),
    yAxis: collectors.map((_, gridIndex) => ({
      type: 'value',
      gridIndex,
      axisLine: { onZero: false },
      axisLabel: { fontSize: 10, formatter: (value: number) => `${Math.round(1000 * value) / 10} %` },
    })),
    series: collectors.flatMap((_, index) =>
      (['impostor', 'genuine'] as const).map((kind) => ({
        name: kind,
        type: 'line' as const,
        step: 'middle' as const,
        showSymbol: false,
        xAxisIndex: index,
        yAxisIndex: index,
        color: kind === 'genuine' ? GENUINE_COLOUR : IMPOSTOR_COLOUR,
        lineStyle: { width: 1 },
        areaStyle: { opacity: 0.3 },
        data: tables[index].centres.map((centre, bin) => [centre, tables[index][kind][bin]]),
      })),
    ),
  };
}

function tradeOffs(collectors: readonly ScoreCollector[]): EChartsOption {
  const percent = (value: number) => `${Number((100 * value).toPrecision(2))} %`;
  const least = Math.min(...collectors.map(({ table }) => 1 / table.impostorCount));
  const axis = { type: 'log', max: 1, axisLabel: { formatter: percent }, nameLocation: 'middle' } as const;
  return {
    color: PALETTE,
    title: { text: 'Detection error trade-off, single pictures', left: 'center', top: 8 },
    legend: { top: 36, icon: 'roundRect' },
    grid: { left: 80, right: 30, top: 76, bottom: 60 },
    xAxis: {
      ...axis,
      name: 'false match rate',
      nameGap: 32,
      min: 10 ** Math.floor(Math.log10(least)),
    },
    yAxis: { ...axis, name: 'false non-match rate', nameGap: 52, min: 0.0001 },
    series: collectors.map(({ scorer, table }) => ({
      name: scorer.label,
      type: 'line' as const,
      showSymbol: false,
      lineStyle: { width: 2 },
      data: table
        .tradeOff()
        .filter(({ fmr, fnmr }) => fmr > 0 && fnmr > 0)
        .map(({ fmr, fnmr }) => [fmr, fnmr]),
    })),
  };
}

function degradationBars(
  results: readonly DegradationResult[],
  rates: readonly MethodRates[],
): EChartsOption {
  const shown = rates.filter(({ id }) => id === 'fused' || id === 'mobilefacenet');
  return {
    color: PALETTE,
    title: { text: 'FNMR of degraded probes at the threshold for FMR 0.1 %', left: 'center', top: 8 },
    legend: { top: 36 },
    grid: { left: 60, right: 20, top: 80, bottom: 110 },
    xAxis: {
      type: 'category',
      data: results.map(({ family, label }) => (family === 'none' ? label : `${family} ${label}`)),
      axisLabel: { rotate: 45, interval: 0, fontSize: 11 },
    },
    yAxis: { type: 'value', axisLabel: { formatter: (value: number) => `${Math.round(100 * value)} %` } },
    series: shown.map(({ id, label }) => ({
      name: label,
      type: 'bar' as const,
      data: results.map(
        ({ methods }) => methods.find(({ method, fmr }) => method === id && fmr === 1e-3)?.fnmr.value ?? null,
      ),
    })),
  };
}
