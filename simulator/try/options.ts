import { readFile } from 'node:fs/promises';
import { findApiKey } from '../../client/kiosk/api.ts';
import { parseArguments } from '../../client/kiosk/arguments.ts';
import type { Endpoints } from '../../client/kiosk/endpoints.ts';
import { KioskError } from '../../client/kiosk/errors.ts';
import { endpointsNamed } from '../../client/kiosk/options.ts';

export interface TryOptions {
  readonly endpoints: Endpoints;
  readonly apiKey: string | null;
  /** A file that holds the key. */
  readonly apiKeyFile: string | null;
}

export type TryCommand = { readonly kind: 'help' } | { readonly kind: 'try'; readonly options: TryOptions };

export const USAGE = `Usage: veriframe try [options]

Shows within a minute what veriframe does, without a camera: a drawn person
enrols, answers what the server asks for and is accepted; a stranger, a replay
and a still picture are not. It needs a running server: npm start.

  --url URL             the server (default VERIFRAME_URL, then
                        ws://localhost:8080)
  --api-key KEY         default VERIFRAME_API_KEY, else the development key in
                        ./data or VERIFRAME_DATA_DIR
  --api-key-file FILE   a file that holds the key
  --help

The person is enrolled under a random id, which is erased at the end.

Exit status: 0 everything ended as it should, 1 something did not, 3 error,
which includes a wrong command line, no connection and Ctrl-C.
`;

const OPTIONS = {
  url: { type: 'string' },
  'api-key': { type: 'string' },
  'api-key-file': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Reads the command line, with or without the word try. Throws `usage.invalid` with what to change. */
export function readTryCommand(args: readonly string[], environment: NodeJS.ProcessEnv): TryCommand {
  const { values, positionals } = parseArguments(args, OPTIONS);
  if (values.help === true) return { kind: 'help' };
  const extra = positionals[0] === 'try' ? positionals.slice(1) : positionals;
  if (extra.length > 0) throw usage(`There is one thing too many: ${extra.join(' ')}.`);
  const { 'api-key': apiKey = null, 'api-key-file': apiKeyFile = null } = values;
  if (apiKey === '') throw usage('--api-key is empty.');
  if (apiKey !== null && apiKeyFile !== null) throw usage('Choose one of --api-key and --api-key-file.');
  return {
    kind: 'try',
    options: { endpoints: endpointsNamed(values.url, environment), apiKey, apiKeyFile },
  };
}

/** The key that the command line or the environment names, or the development key. Rejects with `api_key.missing`. */
export async function apiKeyOf(
  { apiKey, apiKeyFile }: TryOptions,
  environment: NodeJS.ProcessEnv,
  folder: string,
): Promise<string> {
  if (apiKeyFile === null) return await findApiKey(apiKey ?? undefined, environment, folder);
  const key = (await readFile(apiKeyFile, 'utf8').catch(() => '')).trim();
  if (key === '') throw new KioskError('api_key.missing', `There is none in ${apiKeyFile}.`);
  return key;
}

function usage(detail: string): KioskError {
  return new KioskError('usage.invalid', detail);
}
