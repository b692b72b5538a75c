#!/usr/bin/env node
import { existsSync } from 'node:fs';

const built = new URL('./dist/cli.js', import.meta.url);
const source = new URL('./cli.ts', import.meta.url);

if (existsSync(built)) {
  await import(built.href);
} else if (await canRunTypeScript()) {
  await import(source.href);
} else {
  process.stderr.write(
    'veriframe: not built yet. Run "npm install" and then "npm run build" in its folder.\n',
  );
  process.exitCode = 3;
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
