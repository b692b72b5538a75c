import { describe, expect, it } from 'vitest';
import type { LedgerRow } from '../../models/evaluate/pad/ledger.ts';
import { attacksOf, readmeTable, relativeRate } from '../../models/evaluate/pad/ledger-text.ts';
import type { PadReport } from '../../models/evaluate/pad/pad-report.ts';
import { proportion } from '../../models/evaluate/proportion.ts';

const rowOf = (kind: string, errors: number, changes: Partial<LedgerRow> = {}): LedgerRow => ({
  kind,
  label: `the ${kind}`,
  role: 'attack',
  attackClass: 'cheap injection',
  origin: 'simulated',
  cost: null,
  unasked: false,
  tier: 'base',
  presentations: 300,
  recordings: 20,
  recordingsAccepted: Math.min(20, errors),
  people: null,
  accepted: errors,
  rejected: 300 - errors,
  reVerified: 0,
  closed: 0,
  errorRate: proportion(errors, 300),
  byPerson: { low: 0, high: 0.168 },
  reasons: [],
  cues: [],
  medianMs: 9_000,
  p90Ms: 12_000,
  medianOverheadMs: null,
  ...changes,
});

const reportOf = (rows: readonly LedgerRow[]): PadReport => ({
  policy: 'standard',
  presentations: 300,
  seed: 1,
  frames: 0,
  rows,
  notices: [],
});

describe('the ledger by class of attacker', () => {
  const rows = [
    rowOf('mild', 3),
    rowOf('strong', 12),
    // Worse than both, but only on the other tier.
    rowOf('uneven', 0),
    rowOf('uneven', 150, { tier: 'full' }),
    rowOf('mask', 1, { attackClass: 'presentation' }),
    rowOf('head', 290, { attackClass: 'rendered injection' }),
    rowOf('unheard', 300, { unasked: true }),
    rowOf('person', 6, { role: 'bona fide', attackClass: null, accepted: 294 }),
  ];
  const report = reportOf(rows);

  it('keeps the classes apart, the worst row of any tier first', () => {
    const kinds = (['presentation', 'cheap injection', 'rendered injection'] as const).map((one) =>
      attacksOf(report, one).map(({ row }) => row.kind),
    );
    expect(kinds).toEqual([['mask'], ['uneven', 'strong', 'mild'], ['head']]);
    const text = readmeTable(report);
    const places = [
      '(a) Presentation',
      '| the mask |',
      '(b) Cheap',
      '| the uneven |',
      '| the strong |',
      '(c) Rendered',
      '| the head |',
    ];
    expect(places.map((one) => text.indexOf(one))).toEqual(
      places.map((one) => text.indexOf(one)).toSorted((a, b) => a - b),
    );
    expect(text).not.toContain('the unheard | –');
  });

  it('has the exact bounds of Clopper and Pearson beside each rate', () => {
    // 3 of 300: the value that tables of the exact interval give.
    expect(readmeTable(report)).toContain('1.00 % (0.207–2.89)');
    expect(proportion(0, 300).high).toBeCloseTo(1 - 0.025 ** (1 / 300), 9);
  });

  it('adds the share of bona fide subjects not accepted on the same tier: RIAPAR', () => {
    expect(relativeRate(rows[1], report)).toBeCloseTo(12 / 300 + 6 / 300, 9);
    expect(relativeRate(rows[3], report)).toBeNull();
    expect(readmeTable(report)).toContain('| 6.00 % |');
  });
});
