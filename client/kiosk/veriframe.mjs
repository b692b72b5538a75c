#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs';

const isTrial = process.argv[2] === 'try';
const root = new URL('../../', import.meta.url);

if (isTrial && !isClone()) {
  fail(
    'The trial comes with the clone of veriframe: clone it, run "npm start" in it, and this in a second terminal.',
  );
} else {
  const [built, source] = isTrial
    ? [new URL('dist/simulator/try/cli.js', root), new URL('simulator/try/cli.ts', root)]
    : [new URL('dist/client/kiosk/cli.js', root), new URL('./cli.ts', import.meta.url)];
  if (existsSync(built)) await import(built.href);
  else if (await canRunTypeScript()) await import(source.href);
  else fail('not built yet. Run "npm install" and then "npm run build" in its folder.');
}

function fail(message) {
  process.stderr.write(`veriframe: ${message}\n`);
  process.exitCode = 3;
}

/** Whether this file lies in a clone of the whole: what lies beside an installed package is somebody else's. */
function isClone() {
  try {
    return JSON.parse(readFileSync(new URL('package.json', root), 'utf8')).name === 'veriframe';
  } catch {
    return false;
  }
}

/** Lets this process import TypeScript, when the development packages are installed. */
async function canRunTypeScript() {
  try {
    const { register } = await import('tsx/esm/api');
    register();
    return true;
  } catch {
    return false;
  }
}
