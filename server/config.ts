import { readAllowedOrigins } from './gateway/origins.ts';
import { readRelyingParties, RelyingPartyError } from './identity/relying-parties.ts';
import { demoPolicies, isDemoPolicy } from './mounts/demo-settings.ts';
import { MIN_METRICS_TOKEN_LENGTH } from './observe/metrics-access.ts';
import type { Option } from './settings/option.ts';
import { type Config, OPTIONS } from './settings/options.ts';
import { readSettings, refuse } from './settings/parts.ts';
import { isMasterKey, MASTER_KEY_FORM } from './store/master-key.ts';

export { ConfigError } from './settings/option.ts';
export { type Config, OPTIONS } from './settings/options.ts';

/**
 * Reads and checks every setting, lists and rules between settings included. `demo` is `on` or `off` afterwards.
 * @param env usually `process.env`
 * @throws ConfigError naming every variable that is not valid, or that looks like a setting and is none
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const names = Object.keys(OPTIONS) as (keyof typeof OPTIONS)[];
  const { values, problems } = readSettings(names, env);
  refuse([...problems, ...RULES.flatMap((rule) => rule(values))]);
  // Every setting was read, or the problems were refused.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const config = values as Config;
  return { ...config, demo: hasDemo(config) ? 'on' : 'off' };
}

/** What is wrong with settings that are each valid by themselves. A setting that is not valid is absent. */
type Rule = (values: Partial<Config>) => readonly string[];

const RULES: readonly Rule[] = [
  ({ allowedOrigins = '' }) =>
    readAllowedOrigins(allowedOrigins).problems.map((problem) => `VERIFRAME_ALLOWED_ORIGINS: ${problem}`),
  ({ webAuthn = '' }) => {
    try {
      readRelyingParties(webAuthn);
      return [];
    } catch (error) {
      if (error instanceof RelyingPartyError) return [error.message];
      throw error;
    }
  },
  ({ masterKey = '', masterKeyFile = '' }) => [
    ...(masterKey === '' || isMasterKey(masterKey)
      ? []
      : [`VERIFRAME_MASTER_KEY must be ${MASTER_KEY_FORM}.`]),
    ...(masterKey === '' || masterKeyFile === ''
      ? []
      : ['VERIFRAME_MASTER_KEY and VERIFRAME_MASTER_KEY_FILE are both set: leave one of them.']),
  ],
  ({ metrics, metricsToken = '' }) => {
    if (metrics === 'token' && metricsToken.length < MIN_METRICS_TOKEN_LENGTH)
      return [
        `VERIFRAME_METRICS_TOKEN must have ${MIN_METRICS_TOKEN_LENGTH} characters or more, since VERIFRAME_METRICS is token.`,
      ];
    return metrics === undefined || metrics === 'token' || metricsToken === ''
      ? []
      : [`VERIFRAME_METRICS_TOKEN opens nothing while VERIFRAME_METRICS is ${metrics}: set it to token.`];
  },
  (values) => {
    const { demo, demoPolicy = '', demoApiKey = '', apiKeysFile = '' } = values;
    if (demo === undefined || !hasDemo(values)) return [];
    return [
      ...(isDemoPolicy(demoPolicy)
        ? []
        : [`VERIFRAME_DEMO_POLICY must be a policy that enrols and verifies: ${demoPolicies().join(', ')}.`]),
      ...(apiKeysFile === '' || demoApiKey !== ''
        ? []
        : [
            'VERIFRAME_DEMO_API_KEY is needed beside VERIFRAME_API_KEYS_FILE: give the demo a key of that file, or ' +
              'set VERIFRAME_DEMO to off.',
          ]),
    ];
  },
];

/** `auto`: where the demo has a key, which is configured or the development key. */
function hasDemo({ demo, demoApiKey = '', apiKeysFile = '' }: Partial<Config>): boolean {
  return demo === 'on' || (demo === 'auto' && (apiKeysFile === '' || demoApiKey !== ''));
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
