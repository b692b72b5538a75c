import { rename, unlink } from 'node:fs/promises';
import { ApiError, type Backend, createBackend } from '@veriframe/backend';
import { findApiKey, kioskErrorOf } from './api.ts';
import { parseArguments } from './arguments.ts';
import { KioskError } from './errors.ts';
import { endpointsNamed } from './options.ts';
import { generateKioskKey, readSigner, writeKioskKey } from './signer.ts';

/** What `veriframe kiosk-key` does. */
const ACTIONS = ['create', 'rotate', 'list', 'revoke'] as const;
type Action = (typeof ACTIONS)[number];

export const KIOSK_KEY_USAGE = `Usage: veriframe kiosk-key create --key-file FILE --name NAME [options]
       veriframe kiosk-key rotate --key-file FILE --name NAME [options]
       veriframe kiosk-key list [options]
       veriframe kiosk-key revoke ID [options]

The key with which a kiosk signs its pictures, so that the server can tell them
from those of another program. The private half stays in FILE, on the kiosk.

create    makes a key, writes FILE, and enrols the public half
rotate    the same in place of the key in FILE, which is then revoked
list      the keys that are enrolled, those that were revoked included
revoke    refuses a key in sessions that begin from now on, for good

  --key-file FILE   the private key; read with --key-file by enrol, verify and
                    identify
  --name NAME       what the list calls the kiosk
  --url URL         the server (default VERIFRAME_URL, then ws://localhost:8080)
  --api-key KEY     a key with the right mayVouch (default VERIFRAME_API_KEY, else
                    the development key in ./data or VERIFRAME_DATA_DIR)
`;

const OPTIONS = {
  url: { type: 'string' },
  'api-key': { type: 'string' },
  'key-file': { type: 'string' },
  name: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/**
 * Runs `veriframe kiosk-key`.
 * @param args what follows `kiosk-key` on the command line
 * @throws KioskError
 */
export async function runKioskKey(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  out: (text: string) => void,
): Promise<void> {
  const { values, positionals } = parseArguments(args, OPTIONS);
  if (values.help === true) return out(KIOSK_KEY_USAGE);
  const [name, id, ...more] = positionals;
  const action = ACTIONS.find((known) => known === name);
  if (action === undefined || more.length > 0 || (id !== undefined) !== (action === 'revoke'))
    throw new KioskError('usage.invalid', `Say what to do: ${ACTIONS.join(', ')}; revoke needs an ID.`);
  const { base } = endpointsNamed(values.url, environment);
  const apiKey = await findApiKey(values['api-key'], environment, process.cwd());
  const backend = createBackend({ url: base, apiKey, audience: null, issuer: null });
  try {
    await act(action, backend, { ...values, id }, out);
  } catch (error) {
    throw error instanceof ApiError ? kioskErrorOf(error) : error;
  }
}

interface Given {
  readonly 'key-file'?: string | undefined;
  readonly name?: string | undefined;
  readonly id?: string | undefined;
}

async function act(
  action: Action,
  backend: Backend,
  given: Given,
  out: (text: string) => void,
): Promise<void> {
  switch (action) {
    case 'create': {
      const file = needed('key-file', given['key-file']);
      const { pem, publicKey } = generateKioskKey();
      await writeKioskKey(file, pem);
      try {
        const { id } = await backend.kioskKeys.add({ name: needed('name', given.name), publicKey });
        return out(`${id}\n`);
      } catch (error) {
        await unlink(file);
        throw error;
      }
    }
    case 'rotate': {
      const file = needed('key-file', given['key-file']);
      const old = await readSigner(file);
      const { pem, publicKey } = generateKioskKey();
      const draft = `${file}.new`;
      await writeKioskKey(draft, pem);
      const { id } = await backend.kioskKeys.add({ name: needed('name', given.name), publicKey });
      await rename(draft, file);
      await backend.kioskKeys.revoke(old.keyId);
      return out(`${id}\n`);
    }
    case 'list':
      for (const { id, name, createdAtMs, revokedAtMs } of await backend.kioskKeys.list())
        out(
          `${id}  ${dayOf(createdAtMs)}  ${revokedAtMs === null ? 'good' : `revoked ${dayOf(revokedAtMs)}`}  ${name}\n`,
        );
      return;
    case 'revoke':
      await backend.kioskKeys.revoke(needed('ID', given.id));
      return;
  }
}

const dayOf = (atMs: number) => new Date(atMs).toISOString().slice(0, 10);

function needed(option: string, value: string | undefined): string {
  if (value === undefined || value === '') throw new KioskError('usage.invalid', `--${option} is missing.`);
  return value;
}
