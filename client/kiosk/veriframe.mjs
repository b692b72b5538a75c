#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs';
import { register } from 'node:module';

const isTrial = process.argv[2] === 'try';
const clone = new URL('../../', import.meta.url);

if (isTrial && !isClone()) {
  fail('The trial comes with the clone of veriframe. In it, run "npm start", and this in a second terminal.');
} else {
  const [built, source] = isTrial
    ? [new URL('dist/simulator/try/cli.js', clone), new URL('simulator/try/cli.ts', clone)]
    : [new URL('./dist/cli.js', import.meta.url), new URL('./cli.ts', import.meta.url)];
  if (existsSync(built)) await import(built.href);
  else if (await canRunTypeScript()) await import(source.href);
  else fail('not built yet. Run "npm install" and then "npm run build" in its folder.');
}

function fail(message) {
  process.stderr.write(`veriframe: ${message}\n`);
  process.exitCode = 3;
}

/** Whether this file lies in a clone: beside an installed package lies what is not ours. */
function isClone() {
  try {
    return JSON.parse(readFileSync(new URL('package.json', clone), 'utf8')).name === 'veriframe';
  } catch {
    return false;
  }
}

/** Lets this process import TypeScript, when the development packages are installed. */
async function canRunTypeScript() {
  try {
    const tsx = await import('tsx/esm/api');
    tsx.register();
  } catch {
    return false;
  }
  // The workspaces import each other by name: this finds their sources in place of what is built of them.
  const resolve = `export const resolve = (name, context, next) =>
    next(name, { ...context, conditions: [...context.conditions, 'veriframe-source'] });`;
  register(`data:text/javascript,${encodeURIComponent(resolve)}`);
  return true;
}
