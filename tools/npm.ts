import { spawnSync } from 'node:child_process';

/** What npm wrote to its standard output. `npm run` says which npm it is; elsewhere the one on the path is taken. */
export function npmOutput(args: readonly string[], folder: string): string {
  const npm = process.env['npm_execpath'];
  const options = { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const;
  const result =
    npm === undefined
      ? spawnSync('npm', args, options)
      : spawnSync(process.execPath, [npm, ...args], options);
  if (result.error !== undefined) throw result.error;
  return result.stdout;
}
