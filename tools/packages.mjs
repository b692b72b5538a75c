// Plain JavaScript with Node's own modules only: this runs before anything is installed. `node tools/packages.mjs
// [--omit=dev]` installs the packages of the lock file for this Node.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const OBJECT_WRAP = join(ROOT, 'tools', 'object-wrap.h');
const STORE_ADDON = join(ROOT, 'node_modules', 'better-sqlite3', 'build', 'Release', 'better_sqlite3.node');

/** Ends the process with a message. */
function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function npm(args, { env = {}, stdio = 'inherit' } = {}) {
  const script = process.env.npm_execpath;
  const [command, first] = script ? [process.execPath, [script]] : ['npm', []];
  const shell = !script && process.platform === 'win32';
  const options = { cwd: ROOT, stdio, shell, encoding: 'utf8', env: { ...process.env, ...env } };
  const result = spawnSync(command, [...first, ...args], options);
  if (result.error) fail(`npm: ${result.error.message}`);
  return result;
}

function install(args, env) {
  const { status } = npm([...args, '--no-audit', '--no-fund', '--loglevel=error'], { env });
  if (status !== 0) process.exit(status ?? 1);
}

/** `NODE_MODULE_VERSION` of the Node whose headers are in `include/node` of a folder; null where there are none. */
function abiOfHeaders(folder) {
  try {
    const header = readFileSync(join(folder, 'include', 'node', 'node_version.h'), 'utf8');
    return /^#\s*define NODE_MODULE_VERSION (\d+)/m.exec(header)?.[1] ?? null;
  } catch {
    return null;
  }
}

/**
 * The folder of headers with which an add-on must be compiled; null to leave the choice to npm (the configured folder,
 * else a download). An add-on that was compiled with the headers of another Node does not load.
 *
 * @param {{ abi: string, configured: string | null, prefix: string }} where `abi` is `process.versions.modules`,
 * `configured` is npm's `nodedir`, `prefix` is the folder in which this Node is installed
 * @returns {string | null}
 */
export function headersFolder({ abi, configured, prefix }) {
  if (configured !== null && abiOfHeaders(configured) === abi) return null;
  return abiOfHeaders(prefix) === abi ? prefix : null;
}

function configuredHeaders() {
  const answer = npm(['config', 'get', 'nodedir'], { stdio: 'pipe' }).stdout.trim();
  return ['', 'undefined', 'null'].includes(answer) ? null : answer;
}

/** Environment of the compiler for add-ons that must be compiled. */
function compilerEnv() {
  const prefix = join(dirname(process.execPath), '..');
  const folder = headersFolder({ abi: process.versions.modules, configured: configuredHeaders(), prefix });
  return {
    CXXFLAGS: `${process.env.CXXFLAGS ?? ''} -include '${OBJECT_WRAP}'`.trim(),
    ...(folder === null ? {} : { npm_config_nodedir: folder }),
  };
}

/**
 * Whether garbage collection of this add-on's objects may abort the process, because of how it was compiled (see
 * object-wrap.h).
 *
 * @param {Uint8Array} addon
 * @returns {boolean}
 */
export function abortsOnCollection(addon) {
  return Buffer.from(addon).includes('RemoveEnvironmentCleanupHook');
}

const isStoreUnsound = () => existsSync(STORE_ADDON) && abortsOnCollection(readFileSync(STORE_ADDON));

/** Loads the add-on: npm checks only that it exists, and not that this Node can load it. */
function checkStore() {
  const open = "new (require('better-sqlite3'))(':memory:')";
  const { status, stderr } = spawnSync(process.execPath, ['-e', open], { cwd: ROOT, encoding: 'utf8' });
  const { node, modules } = process.versions;
  if (status !== 0)
    fail(
      `${stderr}\nbetter-sqlite3 does not load on Node ${node} (ABI ${modules}). Where it is compiled, npm's setting nodedir must name the folder of this Node's headers, or nothing, and npm must be allowed to run its install script.`,
    );
  if (isStoreUnsound())
    fail(`${relative(ROOT, STORE_ADDON)} aborts on Node ${node} (nodejs/node#65446): compile it anew.`);
}

/**
 * Runs `npm ci`; add-ons that must be compiled are compiled for the running Node. Ends the process on failure.
 *
 * @param {readonly string[]} args arguments of `npm ci`
 */
export function installPackages(args) {
  const env = compilerEnv();
  install(['ci', ...args], env);
  if (isStoreUnsound())
    install(['rebuild', 'better-sqlite3'], { ...env, npm_config_build_from_source: 'true' });
  checkStore();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) installPackages(process.argv.slice(2));
