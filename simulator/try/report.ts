import { styleText } from 'node:util';
import type { WriteStream } from 'node:tty';
import { presenterFor } from '../../client/kiosk/present/choose.ts';
import type { Write } from '../../client/kiosk/present/presenter.ts';
import type { SystemInfo } from './server.ts';
import type { SessionResult } from './session.ts';
import type { StepResult, TrialReport } from './trial.ts';

/** What the trial says before it begins. */
export function introduction({ version, tier }: SystemInfo, origin: string): string {
  return `veriframe ${version} at ${origin}, ${tier} tier.

The people of this trial are drawn from sample photos, which come with the package
@vladmandic/face-api. A program computes each picture while the session runs, in answer to
what the server asks for. That is a rendered injection: it passes every test of pictures by
definition, and so it can stand in for a living person here. Only control of the camera
stops it. SECURITY.md says more.

Real people need a camera: open ${origin} in a browser.

`;
}

/** The trial as text: headings, status lines, and what decided. */
export function textReport(stream: WriteStream, err: Write): TrialReport {
  const out = (text: string) => void stream.write(text);
  const heading = (text: string) => (stream.isTTY && stream.hasColors() ? styleText('bold', text) : text);
  return {
    part: (number, text) => out(`${heading(`${number}. ${text}`)}\n\n`),
    openDisplay: () => presenterFor(stream, err),
    decided: (session) => out(`${whatDecided(session)}\n`),
    note: (text) => out(`${text}\n\n`),
  };
}

/** The signed token and the audit record of a session, in a few lines. */
export function whatDecided({ claims, audit }: SessionResult): string {
  const token =
    claims === null
      ? ['none']
      : [
          'signature and session checked',
          `policy ${claims.policy}`,
          `${claims.tier} tier`,
          `challenges passed ${claims.challengesPassed}`,
          claims.subject === null ? 'names nobody' : 'names the subject',
        ];
  const lines = [`Token       ${token.join(', ')}`];
  if (audit.known) {
    lines.push(
      `Reasons     ${audit.reasons.join(', ')}`,
      `Measured    ${audit.measured.join(', ') || 'nothing'}`,
    );
    if (audit.unmeasured.length > 0) lines.push(`Unmeasured  ${audit.unmeasured.join(', ')}`);
  } else lines.push(`Reasons     not shown: ${audit.why}`);
  return lines.map((line) => `  ${line}\n`).join('');
}

/** The table at the end: what was tried, how it ended, what decided, how many seconds it took. */
export function summary(results: readonly StepResult[]): string {
  const rows = [['tried', 'outcome', 'expected', 'what decided', 'seconds'], ...results.map(rowOf)];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const table = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  const failed = results.filter((result) => !isAsExpected(result)).length;
  const verdict =
    failed === 0
      ? `All ${results.length} ended as they should.`
      : `${failed} of ${results.length} did not end as they should.`;
  return `${table.map((line) => `${line.trimEnd()}\n`).join('')}\n${verdict} The subject is erased.\n${tooSlow(results)}`;
}

/** Of a session that could not be judged in time, the outcome shows nothing. */
function tooSlow(results: readonly StepResult[]): string {
  const starved = results.some(
    (result) => result.tried && !result.asExpected && result.session.slowness !== null,
  );
  return starved ? 'This machine was too busy to judge all of them. Try again when it has less to do.\n' : '';
}

export function isAsExpected(result: StepResult): boolean {
  return result.tried && result.asExpected;
}

function rowOf(result: StepResult): readonly string[] {
  const { name, expected } = result.step;
  if (!result.tried) return [name, 'not tried', expected, 'a step before it failed', ''];
  const { attempts, session } = result;
  const { outcome, audit, tookMs } = session;
  const decided = audit.known ? audit.reasons.join(', ') : 'not shown';
  return [
    name,
    attempts === 1 ? outcome : `${outcome} (attempt ${attempts})`,
    expected,
    decided,
    (tookMs / 1000).toFixed(1),
  ];
}
