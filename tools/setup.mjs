// The script that runs before anything is installed: plain JavaScript with Node's own modules only. `npm start` and
// `npm test` call it. It does every step that is missing and repeats none.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { installPackages } from './packages.mjs';
import { only, QUICK } from './projects.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const INSTALL_STAMP = join(ROOT, 'node_modules', '.veriframe-install');
const NEEDED_NODE = [20, 19];
const BUSY_LOOPS = 4;
/** Runs TypeScript with the packages of this repository as sources. */
const FROM_SOURCE = ['--conditions=veriframe-source', '--import', 'tsx'];

const at = (path) => join(ROOT, path);

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function run(command, args, env = {}) {
  const result = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit', env: { ...process.env, ...env } });
  if (result.error) fail(`${command}: ${result.error.message}`);
  if (result.status !== 0) process.exit(result.status ?? 1);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < NEEDED_NODE[0] || (major === NEEDED_NODE[0] && minor < NEEDED_NODE[1]))
    fail(`veriframe needs Node ${NEEDED_NODE.join('.')} or newer; this is ${process.versions.node}.`);
}

/** Native add-ons are built for one Node ABI, so the stamp covers the lock file and the running Node. */
function installFingerprint() {
  return createHash('sha256')
    .update(readFileSync(at('package-lock.json')))
    .update(`${process.platform} ${process.arch} ${process.versions.modules}`)
    .digest('hex');
}

function runScript(name) {
  const npm = process.env.npm_execpath;
  if (npm) run(process.execPath, [npm, 'run', '--silent', name]);
  else run('npm', ['run', '--silent', name]);
}

function install() {
  const fingerprint = installFingerprint();
  if (existsSync(INSTALL_STAMP) && readFileSync(INSTALL_STAMP, 'utf8') === fingerprint) return;
  process.stdout.write('Installing packages (two to three minutes the first time)\n');
  installPackages(['--include=dev']);
  writeFileSync(INSTALL_STAMP, fingerprint);
}

function build() {
  run(process.execPath, [at('node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json']);
  run(process.execPath, [...FROM_SOURCE, at('tools/build.ts')]);
}

const onPath = (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined;

/**
 * Installs Debian packages that only the tests need, where this process may install them. Without them the tests
 * concerned are reported as skipped.
 */
function installTestPrograms() {
  const missing = [
    ...(process.env.CHROMIUM_PATH || ['chromium', 'chromium-browser', 'google-chrome'].some(onPath)
      ? []
      : ['chromium']),
    ...(onPath('ffmpeg') ? [] : ['ffmpeg']),
  ];
  if (missing.length === 0) return;
  const isRoot = process.getuid?.() === 0;
  if (!onPath('apt-get') || !(isRoot || spawnSync('sudo', ['-n', 'true']).status === 0)) {
    process.stdout.write(`Not installed, some tests will be skipped: ${missing.join(', ')}\n`);
    return;
  }
  process.stdout.write(`Installing ${missing.join(' and ')} for the tests\n`);
  const apt = (...args) =>
    spawnSync(isRoot ? 'apt-get' : 'sudo', [...(isRoot ? [] : ['apt-get']), ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }).status === 0;
  if (!apt('update', '-q') || !apt('install', '-q', '-y', '--no-install-recommends', ...missing))
    process.stdout.write('That did not work: the tests that need them will be skipped.\n');
}

/** Settings for folders beside the checkout that exist. A setting in the caller's environment is kept. */
function siblingFolders() {
  const folders = { VERIFRAME_MODEL_MIRROR: at('../shared/models'), VERIFRAME_DATA: at('../shared/data') };
  const used = Object.entries(folders).filter(([name, path]) => !process.env[name] && existsSync(path));
  return Object.fromEntries(used);
}

function prepareModels(env = {}) {
  run(process.execPath, [at('dist/models/prepare/command.js')], env);
}

/** Runs the named files, or all files of the chosen projects. */
function test({ files, projects, env = {} }) {
  installTestPrograms();
  // Named tests run alone. Otherwise types, lint and format are checked too.
  if (files.length === 0) runScript('check');
  const { VERIFRAME_TEST_REPORT: report } = process.env;
  handOver(
    at('node_modules/vitest/vitest.mjs'),
    [
      'run',
      ...(files.length === 0 ? projects : files),
      ...(report ? ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`] : []),
    ],
    env,
  );
}

/** Keeps four threads busy for the lifetime of this process. */
function startBusyLoops() {
  return Array.from({ length: BUSY_LOOPS }, () => new Worker('for (;;);', { eval: true }));
}

/** The process that started `pid`, by Linux's /proc; null where there is none. */
function parentOf(pid) {
  try {
    // The name, in parentheses, may hold spaces and parentheses itself.
    const [, name, rest] = /^\d+ \((.*)\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return { name, parent: Number(rest.split(' ')[1]) };
  } catch {
    return null;
  }
}

/** Calls back once when the npm that runs this script has ended. It may have a shell between itself and this process. */
function whenNpmEnds(ended) {
  if (!process.env.npm_lifecycle_event) return;
  const { ppid } = process;
  const started = parentOf(ppid);
  const isShell = /^(ba|da|a|z|k)?sh$/.test(started?.name ?? '');
  const timer = setInterval(() => {
    const isLost = process.ppid !== ppid || (isShell && parentOf(ppid)?.parent !== started.parent);
    if (!isLost) return;
    clearInterval(timer);
    ended();
  }, 500);
  timer.unref();
}

/**
 * Replaces this process by a long-lived child: signals are forwarded, and the child's exit code becomes this process's.
 * The child ends with npm, which dies of some signals without passing them on.
 * @param hasChannel opens a channel that closes when this process ends, even killed: `server/main.ts` listens for that
 */
function handOver(script, args, env = {}, hasChannel = false) {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: ROOT,
    stdio: ['inherit', 'inherit', 'inherit', ...(hasChannel ? ['ipc'] : [])],
    env: { ...process.env, ...env },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  whenNpmEnds(() => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
}

const [task, ...rest] = process.argv.slice(2);
checkNode();
install();
build();
switch (task) {
  case 'start':
    prepareModels();
    handOver(at('dist/server/main.js'), rest, { VERIFRAME_DEMO: process.env.VERIFRAME_DEMO || 'auto' }, true);
    break;
  case 'test':
    test({ files: rest, projects: only(QUICK) });
    break;
  case 'test-busy':
    startBusyLoops();
    test({ files: rest, projects: only(QUICK) });
    break;
  case 'test-all': {
    const env = siblingFolders();
    prepareModels(env);
    test({ files: rest, projects: [], env: { ...env, VERIFRAME_TEST_ALL: '1' } });
    break;
  }
  case 'evaluate':
    prepareModels(siblingFolders());
    handOver(at('dist/models/evaluate/cli.js'), rest);
    break;
  case 'train':
    prepareModels(siblingFolders());
    handOver(at('dist/models/train/cli.js'), rest);
    break;
  case 'bench':
  case 'tools':
    prepareModels(siblingFolders());
    handOver(FROM_SOURCE[0], [...FROM_SOURCE.slice(1), at(`${task}/${rest[0]}.ts`), ...rest.slice(1)]);
    break;
  case 'chaos':
    prepareModels(siblingFolders());
    handOver(FROM_SOURCE[0], [...FROM_SOURCE.slice(1), at('test/chaos/command.ts'), ...rest]);
    break;
  case 'models':
    prepareModels(siblingFolders());
    break;
  default:
    fail(
      'usage: node tools/setup.mjs start|test|test-all|test-busy|models|evaluate|train|chaos|bench NAME|tools NAME',
    );
}
