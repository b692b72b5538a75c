import { buildPackage, type WorkspaceName, WORKSPACES } from './build/packages.ts';
import { buildTypes, compileDeclarations } from './build/types.ts';

/**
 * Makes the content of the packages that are named, or of all packages, for `npm pack`: `npm run pack`. With `--report`
 * it writes their public API to `docs/api` where it has changed. Without it, a change is an error.
 */
const isUpdate = process.argv.includes('--report');
const named = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const all = Object.keys(WORKSPACES) as WorkspaceName[];
const unknown = named.filter((name) => !all.some((known) => known === name));
if (unknown.length > 0)
  throw new Error(`No such package: ${unknown.join(', ')}. There are ${all.join(', ')}.`);

const wanted = named.length === 0 ? all : all.filter((name) => named.includes(name));
const needed = new Set<string>(wanted.flatMap((name) => [name, ...WORKSPACES[name].builtIn]));
compileDeclarations();
let isChanged = false;
for (const name of all.filter((one) => needed.has(one))) {
  await buildPackage(name);
  for (const { name: report, matchesReport } of await buildTypes(name, isUpdate))
    if (!matchesReport) {
      isChanged = true;
      process.stderr.write(`The public API of ${report} is not what docs/api/${report}.api.md says.\n`);
    }
}
if (isChanged && !isUpdate) {
  process.stderr.write(
    'Run "npm run api" and look at the difference: it is what users of the package will meet.\n',
  );
  process.exitCode = 1;
}
