// Plain JavaScript with Node's own modules only: this runs before anything is installed. `.ci/run` calls it. It runs
// the tests of a fresh copy as a stranger has it, then what `npm run test:all` adds to them, in this checkout.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ADDED, only } from './projects.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Counts the results in a report of vitest's JSON reporter. A file that failed outside its tests counts as one failure.
 *
 * @typedef {{ status: string, fullName: string }} TestResult
 * @typedef {{ name: string, status: string, assertionResults: readonly TestResult[] }} FileResult
 * @param {{ testResults: readonly FileResult[] }} report
 * @returns {{ passed: number, failed: string[], skipped: number }} `failed` in words, one line for each failure
 */
export function countsOf({ testResults }) {
  const counts = { passed: 0, failed: [], skipped: 0 };
  for (const { name, status, assertionResults } of testResults) {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    const passed = assertionResults.filter((test) => test.status === 'passed');
    counts.passed += passed.length;
    counts.skipped += assertionResults.length - passed.length - failed.length;
    const file = name.slice(name.lastIndexOf('/test/') + 1);
    for (const test of failed) counts.failed.push(`${file}: ${test.fullName}`);
    if (status === 'failed' && failed.length === 0) counts.failed.push(`${file}: the file itself`);
  }
  return counts;
}

/**
 * Summary of CI's parts.
 *
 * @param {readonly { title: string, exit: number, counts: ReturnType<typeof countsOf> | null }[]} parts `counts` is
 * null for a part without a report
 * @returns {{ lines: string[], isGreen: boolean }} the last line has the counts, if all parts have counts
 */
export function verdict(parts) {
  const lines = [];
  for (const { title, exit, counts } of parts) {
    if (counts === null || counts.passed === 0) lines.push(`${title}: no test passed, exit code ${exit}`);
    else if (exit !== 0) lines.push(`${title}: exit code ${exit}`);
    for (const failure of counts?.failed ?? []) lines.push(`${title}: failed: ${failure}`);
  }
  const isGreen = lines.length === 0;
  const all = parts.flatMap(({ counts }) => counts ?? []);
  if (all.length < parts.length || all.some(({ passed }) => passed === 0)) return { lines, isGreen };
  const sum = (of) => all.reduce((total, counts) => total + of(counts), 0);
  const failed = sum((counts) => counts.failed.length);
  lines.push(
    `${sum(({ passed }) => passed)} passed, ${failed} failed, ${sum(({ skipped }) => skipped)} skipped`,
  );
  return { lines, isGreen };
}

function runOrThrow(command, args) {
  const { error, status } = spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error || status !== 0)
    throw new Error(`${command} ${args[0]}: ${error?.message ?? `exit code ${status}`}`);
}

/** Copies the committed tree into a folder with nothing beside it. */
function copyForStranger(scratch) {
  const folder = join(scratch, 'alone', 'veriframe');
  mkdirSync(folder, { recursive: true });
  const archive = join(scratch, 'tree.tar');
  // CI may run as root on a checkout of another user, which git refuses otherwise.
  runOrThrow('git', ['-c', `safe.directory=${ROOT}`, 'archive', '--format=tar', '-o', archive, 'HEAD']);
  runOrThrow('tar', ['-xf', archive, '-C', folder]);
  return folder;
}

/** The caller's environment without settings of this project. */
function bareEnvironment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VERIFRAME_')));
}

let running = null;

/** Runs npm in its own process group, so that all of its processes can be ended. */
async function runPart({ title, folder, args, env, report }) {
  process.stdout.write(`\n=== ${title} ===\n\n`);
  const child = spawn('npm', args, {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...env, CI: 'true', VERIFRAME_TEST_REPORT: report },
  });
  running = child;
  const exit = await new Promise((resolve) => {
    child.on('error', (error) => {
      process.stderr.write(`npm: ${error.message}\n`);
      resolve(1);
    });
    child.on('exit', (code) => resolve(code ?? 1));
  });
  running = null;
  return { title, exit, counts: readCounts(report) };
}

function readCounts(report) {
  try {
    return countsOf(JSON.parse(readFileSync(report, 'utf8')));
  } catch {
    return null;
  }
}

async function main() {
  const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'veriframe-ci-'));
  const clean = () => rmSync(scratch, { recursive: true, force: true });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => {
      if (running !== null) process.kill(-running.pid, 'SIGKILL');
      clean();
      process.exit(1);
    });
  try {
    const alone = copyForStranger(scratch);
    const parts = [];
    parts.push(
      await runPart({
        title: 'npm test, in a fresh copy of the committed tree with nothing beside it',
        folder: alone,
        args: ['test'],
        env: bareEnvironment(),
        report: join(scratch, 'test.json'),
      }),
    );
    rmSync(alone, { recursive: true, force: true });
    parts.push(
      await runPart({
        title: 'what npm run test:all adds, in this checkout',
        folder: ROOT,
        args: ['run', 'test:all', '--', ...only(ADDED)],
        env: process.env,
        report: join(scratch, 'all.json'),
      }),
    );
    const { lines, isGreen } = verdict(parts);
    process.stdout.write(`\n${lines.join('\n')}\n`);
    return isGreen ? 0 : 1;
  } finally {
    clean();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main();
