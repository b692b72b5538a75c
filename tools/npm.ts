import { spawnSync } from 'node:child_process';

/** Standard output of npm. Under `npm run` the same npm is used, otherwise the one on the path. */
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
