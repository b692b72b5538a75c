import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAudit, verdictOf } from '../../tools/audit.ts';
import { createSbom, WEIGHTS } from '../../tools/sbom.ts';
import { packageRoot } from '../../models/package-root.ts';

describe('the bill of materials', () => {
  const made = createSbom(packageRoot(), false);
  const { dependencies } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };

  it('names every package the product depends on, with version, licence and hash', () => {
    const byName = new Map(made.components.map((component) => [component.name, component]));
    for (const name of Object.keys(dependencies)) {
      const component = byName.get(name);
      expect([name, component?.['version'], component?.['licenses'], component?.['hashes']]).toEqual([
        name,
        expect.stringMatching(/^\d+\./),
        expect.arrayContaining([expect.anything()]),
        expect.arrayContaining([expect.objectContaining({ alg: 'SHA-512' })]),
      ]);
    }
    expect(byName.has('vitest')).toBe(false);
  });

  it('names every set of weights, with licence, training data and the hash of each file', () => {
    const models = made.components.filter(({ type }) => type === 'machine-learning-model');
    expect(models.map(({ name }) => name)).toEqual(WEIGHTS.map(({ id }) => id));
    for (const [at, { sources, licence }] of WEIGHTS.entries())
      expect(models[at]).toMatchObject({
        licenses: [{ license: { id: licence.spdx } }],
        properties: [{ value: licence.trainedOn }],
        components: sources.map(({ sha256 }) => ({ hashes: [{ alg: 'SHA-256', content: sha256 }] })),
      });
    const root = made.dependencies.find(({ ref }) => ref === made.metadata.component['bom-ref']);
    expect(root?.dependsOn).toEqual(expect.arrayContaining(models.map((model) => model['bom-ref'])));
  });

  it('gives every component its own reference', () => {
    const references = made.components.map((component) => component['bom-ref']);
    expect(new Set(references).size).toBe(references.length);
  });
});

describe('the audit', () => {
  const report = (vulnerabilities: object) =>
    JSON.stringify({ vulnerabilities, metadata: { dependencies: { total: 7 } } });

  it('distinguishes “nothing found” from “unknown”', () => {
    expect(verdictOf(readAudit(report({})))).toEqual({
      exitCode: 0,
      text: 'No advisory against any of 7 packages.',
    });
    for (const [output, why] of [
      ['', 'npm wrote no report'],
      ['{}', 'npm wrote no report'],
      ['{"message": "405 Method Not Allowed - POST somewhere", "error": {}}', '405 Method Not Allowed'],
    ] as const) {
      const { exitCode, text } = verdictOf(readAudit(output));
      expect([exitCode, text]).toEqual([2, expect.stringContaining(why)]);
      expect(text).toContain('Nothing is known');
    }
  });

  it('lists the advisories, the most severe first', () => {
    const { exitCode, text } = verdictOf(
      readAudit(
        report({
          little: { severity: 'low', range: '<2', via: [{ title: 'Small hole' }] },
          large: { severity: 'critical', range: '1.x', via: ['little', { title: 'Large hole' }] },
        }),
      ),
    );
    expect(exitCode).toBe(1);
    expect(text.split('\n')).toEqual([
      '2 of 7 packages:',
      'critical: large 1.x: through little; Large hole',
      'low: little <2: Small hole',
    ]);
  });
});
