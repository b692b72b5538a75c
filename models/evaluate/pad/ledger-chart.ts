import path from 'node:path';
import type { EChartsOption } from 'echarts';
import { writeChart } from '../chart-picture.ts';
import type { LedgerRow } from './ledger.ts';
import type { PadReport } from './pad-report.ts';

/** Colours that colour-blind readers can tell apart (Okabe and Ito). */
const TIER_COLOURS = { base: '#e69f00', full: '#0072b2' } as const;
const ROW_PX = 30;

/**
 * Draws the share of accepted presentations with its bounds, for each kind of attack. Returns whether the PNG has text.
 */
export async function writeLedgerChart(folder: string, report: PadReport): Promise<boolean> {
  const attacks = report.rows.filter(({ role, unasked }) => role === 'attack' && !unasked);
  const labels = [...new Set(attacks.map(({ label }) => label))].toReversed();
  const size = { width: 900, height: 150 + ROW_PX * labels.length };
  return await writeChart(option(attacks, labels), size, path.join(folder, 'ledger'));
}

function option(attacks: readonly LedgerRow[], labels: readonly string[]): EChartsOption {
  const tiers = [...new Set(attacks.map(({ tier }) => tier))];
  return {
    title: { text: 'Attacks accepted, share of presentations with 95 % bounds', left: 'center', top: 8 },
    legend: { top: 36, data: tiers },
    grid: { left: 330, right: 40, top: 76, bottom: 50 },
    xAxis: {
      type: 'value',
      min: 0,
      axisLabel: { formatter: (value: number) => `${Number((100 * value).toPrecision(3))} %` },
    },
    yAxis: {
      type: 'category',
      data: [...labels],
      axisLabel: { fontSize: 11, width: 310, overflow: 'truncate' },
    },
    series: tiers.flatMap((tier, place) => {
      const rows = attacks.filter((row) => row.tier === tier);
      const offset = (place - (tiers.length - 1) / 2) * 8;
      return [
        {
          name: tier,
          type: 'scatter' as const,
          color: TIER_COLOURS[tier],
          symbolSize: 8,
          symbolOffset: [0, offset] as [number, number],
          data: rows.map(({ errorRate, label }) => [errorRate.value, labels.indexOf(label)]),
        },
        {
          name: tier,
          type: 'custom' as const,
          color: TIER_COLOURS[tier],
          data: rows.map(({ errorRate, label }) => [errorRate.low, errorRate.high, labels.indexOf(label)]),
          renderItem: (_, api) => {
            const [x1, y] = api.coord([api.value(0), api.value(2)]);
            const [x2] = api.coord([api.value(1), api.value(2)]);
            return {
              type: 'line' as const,
              shape: { x1, x2, y1: y + offset, y2: y + offset },
              style: { stroke: TIER_COLOURS[tier], lineWidth: 2 },
            };
          },
        },
      ];
    }),
  };
}
