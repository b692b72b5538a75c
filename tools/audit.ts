import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { packageRoot } from '../models/package-root.ts';
import { npmOutput } from './npm.ts';

const SEVERITIES = ['critical', 'high', 'moderate', 'low', 'info'] as const;

const audited = z.looseObject({
  vulnerabilities: z.record(
    z.string(),
    z.looseObject({
      severity: z.enum(SEVERITIES),
      range: z.string(),
      via: z.array(z.union([z.string(), z.looseObject({ title: z.string(), url: z.string().optional() })])),
    }),
  ),
  metadata: z.looseObject({ dependencies: z.looseObject({ total: z.int() }) }),
});
const failed = z.looseObject({ message: z.string() });

/** Result of a check of the locked packages for advisories. `unknown` does not mean `none`. */
export type Audit =
  | { readonly known: true; readonly packages: number; readonly findings: readonly string[] }
  | { readonly known: false; readonly why: string };

/** Reads the output of `npm audit --json`. */
export function readAudit(output: string): Audit {
  let value: unknown;
  try {
    value = JSON.parse(output);
  } catch {
    return { known: false, why: 'npm wrote no report' };
  }
  const report = audited.safeParse(value);
  if (!report.success) {
    const failure = failed.safeParse(value);
    const [why = ''] = failure.success ? failure.data.message.split(' - ') : [];
    return { known: false, why: why || 'npm wrote no report' };
  }
  const { vulnerabilities, metadata } = report.data;
  const findings = Object.entries(vulnerabilities)
    .toSorted(([, one], [, other]) => SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity))
    .map(([name, { severity, range, via }]) => {
      const causes = via.map((one) => (typeof one === 'string' ? `through ${one}` : one.title));
      return `${severity}: ${name} ${range}: ${causes.join('; ')}`;
    });
  return { known: true, packages: metadata.dependencies.total, findings };
}

/** Text for the terminal, and exit code: 0 nothing found, 1 something found, 2 unknown. */
export function verdictOf(audit: Audit): { readonly text: string; readonly exitCode: 0 | 1 | 2 } {
  if (!audit.known)
    return {
      exitCode: 2,
      text:
        `Nothing is known about advisories: the package registry in use does not answer audits (${audit.why}). ` +
        'Ask again where it does, or give the file that `npm run sbom` writes to a scanner that has its own data.',
    };
  const { packages, findings } = audit;
  if (findings.length === 0) return { exitCode: 0, text: `No advisory against any of ${packages} packages.` };
  return { exitCode: 1, text: [`${findings.length} of ${packages} packages:`, ...findings].join('\n') };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { text, exitCode } = verdictOf(readAudit(npmOutput(['audit', '--json'], packageRoot())));
  process.stdout.write(`${text}\n`);
  process.exitCode = exitCode;
}
