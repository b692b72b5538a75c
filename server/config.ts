import type { Option } from './settings/option.ts';
import { type Config, OPTIONS } from './settings/options.ts';
import { readSetting } from './settings/parts.ts';

export { ConfigError } from './settings/option.ts';
export { type Config, OPTIONS } from './settings/options.ts';

/**
 * Reads and checks every setting.
 * @param env usually `process.env`
 * @throws ConfigError naming the first variable that is not valid
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const names = Object.keys(OPTIONS) as (keyof typeof OPTIONS)[];
  return Object.fromEntries(names.map((name) => [name, readSetting(name, env)])) as Config;
}

/** Removes the secrets from the environment once they are read: programs that are started later inherit it. */
export function forgetSecrets(env: Record<string, string | undefined>): void {
  for (const option of Object.values<Option>(OPTIONS)) if (option.secret === true) delete env[option.env];
}

/** The text of `--help`: one line for each setting, or for those named. */
export function describeOptions(
  names: readonly (keyof typeof OPTIONS)[] = Object.keys(OPTIONS) as (keyof typeof OPTIONS)[],
): string {
  const rows = names.map((name): readonly [string, string] => {
    const option: Option = OPTIONS[name];
    const fallback = option.default === '' ? '' : ` [${option.default}${option.unit && ` ${option.unit}`}]`;
    return [option.env, `${option.description}${fallback}`];
  });
  const width = Math.max(...rows.map(([env]) => env.length));
  return rows.map(([env, description]) => `  ${env.padEnd(width)}  ${description}`).join('\n');
}
